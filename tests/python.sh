#!/bin/sh
# Installs python/ into a virtual environment below target/ and runs its tests against the debug server. The
# environment is made anew when what it holds has changed, and says so where there is no PyPI.
set -eu
cd "$(dirname "$0")/.."

venv=target/python
wanted=$(cat python/pyproject.toml python/tests/requirements.txt tests/python.sh | sha256sum)

if ! python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
	echo "tests of python/ are left out: there is no Python 3.10 with venv" >&2
	exit 0
fi
if [ "$(cat "$venv/wanted" 2>/dev/null || true)" != "$wanted" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv"
	# First alone, as its users do: httpx and what that needs are enough to import it.
	"$venv/bin/pip" install --quiet --disable-pip-version-check ./python
	"$venv/bin/python" -c 'import figcast; figcast.Server()'
	"$venv/bin/pip" install --quiet --disable-pip-version-check './python[pandas,live]' -r python/tests/requirements.txt
	echo "$wanted" >"$venv/wanted"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall ./python
# Not from python/: there the sources would be imported in the place of what was installed.
exec "$venv/bin/python" -m pytest --rootdir python -c python/pyproject.toml "$@" python/tests
