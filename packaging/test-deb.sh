#!/bin/sh
# Installs, starts, upgrades, removes and purges the package in a Debian of its own, which debootstrap makes below a
# temporary folder: sudo packaging/test-deb.sh target/debug/figcast
# There is no systemd in it: the service's command is run as the service's user, and the unit itself is checked by
# systemd-analyze.
set -eu
binary=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
suite=${SUITE:-bookworm}
work=$(mktemp -d)
root=$work/root
server=
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    umount "$root/proc" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
inside() { LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }

say "two packages, the second with another configuration file"
first=$(VERSION=0.0.1 STRIP=1 COMPRESSION=none "$here/make-deb.sh" "$binary" "$work/1" >/dev/null; ls "$work"/1/*.deb)
dpkg-deb -R "$first" "$work/next"
echo '# A later release says this.' >> "$work/next/etc/figcast/figcast.toml"
sed -i 's/^Version: .*/Version: 0.0.2/' "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/next" "$work/second.deb" >/dev/null
second=$work/second.deb

say "a Debian $suite"
debootstrap --variant=minbase --include=adduser,ca-certificates,init-system-helpers "$suite" "$root" >"$work/log" 2>&1 \
    || { tail "$work/log"; fail debootstrap; }
mount -t proc proc "$root/proc"
cp "$first" "$root/first.deb"
cp "$second" "$root/second.deb"

say "install"
inside dpkg -i /first.deb >"$work/log" 2>&1 || { cat "$work/log"; fail "dpkg -i"; }
inside id figcast >/dev/null || fail "there is no user figcast"
[ "$(inside stat -c '%U %a' /var/lib/figcast)" = "figcast 750" ] || fail "the state folder is not the user's"
[ -L "$root/etc/systemd/system/multi-user.target.wants/figcast.service" ] || fail "the service is not enabled"
inside figcast --version
inside figcast check-config --config /etc/figcast/figcast.toml

start() {
    command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/figcast.service")
    user=$(inside id -u figcast)
    group=$(inside id -g figcast)
    # In the folder of the unit, as its user, without any capability, as the unit has it.
    setpriv --reuid "$user" --regid "$group" --clear-groups --no-new-privs --bounding-set=-all true || fail setpriv
    : >"$work/out"
    FIGCAST_SERVER__LISTEN=127.0.0.1:0 chroot --userspec="$user:$group" "$root" sh -c "cd /var/lib/figcast && exec $command" \
        >"$work/out" 2>"$work/err" &
    server=$!
    for _ in $(seq 100); do
        url=$(sed -n 's/^listening on //p' "$work/out")
        [ -z "$url" ] || break
        sleep 0.1
    done
    [ -n "$url" ] || { cat "$work/err"; fail "it does not start"; }
    [ "$(curl -sf "$url/healthz")" = ok ] || fail "it does not answer"
    curl -sf "$url/figure/AAPL" | grep -q '"data"' || fail "it draws no figure"
}
stop() {
    kill -TERM "$server"
    wait "$server" || fail "it did not end with 0"
    server=
}

say "start, ask, stop"
start
stop

say "upgrade: a file that the operator has changed stays as it is, and the new one is laid beside it"
echo '# The operator says this.' >> "$root/etc/figcast/figcast.toml"
inside dpkg --force-confdef --force-confold -i /second.deb >"$work/log" 2>&1 || { cat "$work/log"; fail upgrade; }
grep -q 'operator says' "$root/etc/figcast/figcast.toml" || fail "the operator's file is lost"
grep -q 'later release says' "$root/etc/figcast/figcast.toml.dpkg-dist" || fail "the new file is not laid beside it"
start
stop

say "remove: settings and data stay; purge: they go"
touch "$root/var/lib/figcast/figcast.db"
inside dpkg -r figcast >"$work/log" 2>&1 || { cat "$work/log"; fail remove; }
[ ! -e "$root/usr/bin/figcast" ] || fail "the program stays"
[ -e "$root/etc/figcast/figcast.toml" ] && [ -e "$root/var/lib/figcast/figcast.db" ] || fail "settings or data are gone"
inside dpkg -P figcast >"$work/log" 2>&1 || { cat "$work/log"; fail purge; }
[ ! -e "$root/etc/figcast/figcast.toml" ] && [ ! -e "$root/var/lib/figcast" ] || fail "something stays after a purge"

say "the unit, as systemd reads it"
sed "s|/usr/bin/figcast|$binary|" "$here/figcast.service" > "$work/figcast.service"
systemd-analyze verify --man=no "$work/figcast.service" || fail "the unit is not valid"
systemd-analyze security --offline=yes --threshold=15 "$work/figcast.service" --no-pager | tail -1
say "all is well"
