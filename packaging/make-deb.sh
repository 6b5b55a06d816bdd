#!/bin/sh
# Makes a .deb of a binary: packaging/make-deb.sh target/release/figcast target/package
# A tree that is checked in and dpkg-deb are all it takes: nothing is compiled here.
set -eu
cd "$(dirname "$0")/.."
binary=$1 out=$2
version=${VERSION:-$("$binary" --version | cut -d ' ' -f 2)}
architecture=$(dpkg --print-architecture)
# The newest symbols of glibc that the binary asks for.
glibc=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -1)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
doc=$tree/usr/share/doc/figcast

install -D -m 755 "$binary" "$tree/usr/bin/figcast"
[ "${STRIP:-}" = "" ] || strip "$tree/usr/bin/figcast"
install -D -m 644 packaging/figcast.service "$tree/lib/systemd/system/figcast.service"
install -D -m 644 config/figcast.toml "$tree/etc/figcast/figcast.toml"
install -D -m 644 packaging/debian/default "$tree/etc/default/figcast"
mkdir -p "$tree/usr/share/man/man1" "$doc/examples"
"$binary" man "$tree/usr/share/man/man1" >/dev/null
gzip -9n "$tree"/usr/share/man/man1/*.1
for shell in bash:bash-completion/completions/figcast zsh:zsh/vendor-completions/_figcast fish:fish/vendor_completions.d/figcast.fish; do
    install -D -m 644 /dev/null "$tree/usr/share/${shell#*:}"
    "$binary" completions "${shell%%:*}" > "$tree/usr/share/${shell#*:}"
done
install -m 644 packaging/debian/copyright README.md docs/OPERATIONS.md docs/API.md docs/TROUBLESHOOTING.md docs/UPGRADING.md \
    docs/SECURITY.md docs/CLIENTS.md docs/EMBEDDING.md docs/FILES.md "$doc"
gzip -9nc CHANGELOG.md > "$doc/changelog.gz"
install -m 644 config/nginx.conf config/haproxy.cfg config/apache.conf config/apache-retry.asis config/Caddyfile config/varnish.vcl \
    config/lighttpd.conf config/lighttpd-retry.shtml config/markets.toml packaging/grafana/figcast.json packaging/prometheus/figcast.rules.yml "$doc/examples"

mkdir "$tree/DEBIAN"
size=$(du -sk --exclude DEBIAN "$tree" | cut -f 1)
sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@GLIBC@/$glibc/" \
    packaging/debian/control.in > "$tree/DEBIAN/control"
install -m 644 packaging/debian/conffiles "$tree/DEBIAN/conffiles"
install -m 755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$tree/DEBIAN"
(cd "$tree" && find usr lib etc -type f -exec md5sum {} + > DEBIAN/md5sums)
mkdir -p "$out"
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$tree" "$out/figcast_${version}_${architecture}.deb"
