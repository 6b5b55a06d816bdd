#!/bin/sh
# The programs of others that the end-to-end tests drive: Chromium, curl, nginx, and openssl for its
# certificate; Firefox, other proxies, zstd and Redis. Installed when they are missing and this may be done; else
# one line says what to install. Without Firefox, a proxy, zstd or Redis its tests are left out, and say so.
set -eu

missing=
command -v "${CHROMIUM:-chromium}" >/dev/null || missing="$missing chromium"
command -v curl >/dev/null || missing="$missing curl"
command -v "${NGINX:-nginx}" >/dev/null || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v openssl >/dev/null || missing="$missing openssl"
wanted=
[ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] || wanted="$wanted firefox-esr"
command -v zstd >/dev/null || wanted="$wanted zstd"
command -v redis-server >/dev/null || wanted="$wanted redis-server"
[ -x /usr/sbin/haproxy ] || wanted="$wanted haproxy"
[ -x /usr/sbin/apache2 ] || wanted="$wanted apache2-bin"
[ -x /usr/bin/caddy ] || wanted="$wanted caddy"
[ -x /usr/sbin/varnishd ] || wanted="$wanted varnish"
[ -x /usr/sbin/lighttpd ] || wanted="$wanted lighttpd"
[ -z "$missing$wanted" ] && exit 0

install() {
	DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@"
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	# The proxies are only programs to the tests: their services are not started.
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
		trap 'rm "$policy"' EXIT
	fi
	apt-get update -qq
	[ -z "$missing" ] || install $missing
	for package in $wanted; do
		install "$package" || echo "$package cannot be installed here: its tests are left out" >&2
	done
elif [ -z "$missing" ]; then
	echo "some tests are left out: as root, apt-get install$wanted" >&2
else
	echo "make test needs$missing: as root, apt-get install$missing$wanted" >&2
	exit 1
fi
