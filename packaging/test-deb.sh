#!/bin/sh
# Installs, starts, upgrades, removes and purges the package in a Debian of its own, which debootstrap makes below a
# temporary folder and systemd-nspawn boots: sudo packaging/test-deb.sh target/debug/figcast
# It has the network of this machine, and the service listens at 127.0.0.1:$PORT.
set -eu
binary=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
suite=${SUITE:-bookworm}
port=${PORT:-18477}
url=http://127.0.0.1:$port
work=$(mktemp -d)
root=$work/root
boot= init=
end() {
    if [ -n "$boot" ]; then
        inside systemctl poweroff >/dev/null 2>&1 || kill -KILL "$boot"
        wait "$boot" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap end EXIT
say() { printf '== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    [ -z "$init" ] || inside journalctl -u figcast --no-pager -n 20 >&2 || true
    exit 1
}
inside() { LC_ALL=C DEBIAN_FRONTEND=noninteractive nsenter -t "$init" -m -u -i -p -r -w "$@"; }
property() { inside systemctl show figcast -p "$1" --value; }
becomes() {
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "in vain: $*"
}
answers() { [ "$(curl -sf "$url/healthz")" = ok ]; }
draws() { curl -sf "$url/figure/AAPL" | grep -q '"data"'; }
restarted() { [ "$(property NRestarts)" -gt 0 ] && answers; }
overrides() { mkdir -p "$root/etc/systemd/system/$1.d" && cat > "$root/etc/systemd/system/$1.d/test.conf"; }

say "two packages, the second with another configuration file"
first=$(VERSION=0.0.1 STRIP=1 COMPRESSION=none "$here/make-deb.sh" "$binary" "$work/1" >/dev/null; ls "$work"/1/*.deb)
dpkg-deb -R "$first" "$work/next"
echo '# A later release says this.' >> "$work/next/etc/figcast/figcast.toml"
sed -i 's/^Version: .*/Version: 0.0.2/' "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/next" "$work/second.deb" >/dev/null

say "a Debian $suite, with systemd"
debootstrap --variant=minbase --include=adduser,ca-certificates,dbus,init-system-helpers,systemd,systemd-sysv "$suite" "$root" \
    >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
cp "$first" "$root/first.deb"
cp "$work/second.deb" "$root/second.deb"
systemd-nspawn --register=no --keep-unit --boot --directory "$root" >"$work/console" 2>&1 &
boot=$!
booted() { init=$(pgrep -P "$boot") && inside systemctl is-active basic.target; }
becomes booted

say "install: it is enabled and has started"
overrides figcast.service <<SETTINGS
[Service]
Environment=FIGCAST_SERVER__LISTEN=127.0.0.1:$port
SETTINGS
inside dpkg -i /first.deb >"$work/log" 2>&1 || { cat "$work/log"; fail "dpkg -i"; }
inside id figcast >/dev/null || fail "there is no user figcast"
[ "$(inside stat -c '%U %a' /var/lib/figcast)" = "figcast 750" ] || fail "the state folder is not the user's"
inside systemctl is-enabled -q figcast || fail "the service is not enabled"
inside figcast --version
inside figcast check-config --config /etc/figcast/figcast.toml
inside systemctl is-active -q figcast || fail "the service is not active"
answers || fail "it is active, and does not answer"
draws || fail "it draws no figure"
property StatusText | grep -q "$url" || fail "the status does not say where it listens"

say "upgrade: a file that the operator has changed stays as it is, the new one is laid beside it, and another process serves"
echo '# The operator says this.' >> "$root/etc/figcast/figcast.toml"
before=$(property MainPID)
inside dpkg --force-confdef --force-confold -i /second.deb >"$work/log" 2>&1 || { cat "$work/log"; fail upgrade; }
grep -q 'operator says' "$root/etc/figcast/figcast.toml" || fail "the operator's file is lost"
grep -q 'later release says' "$root/etc/figcast/figcast.toml.dpkg-dist" || fail "the new file is not laid beside it"
[ "$(property MainPID)" != "$before" ] || fail "the old process goes on"
answers || fail "it does not answer after the upgrade"

say "SIGHUP: the same process goes on"
before=$(property MainPID)
inside systemctl reload figcast || fail reload
[ "$(property MainPID)" = "$before" ] && answers || fail "another process serves"

say "history: its file is in the state folder"
overrides figcast.service <<SETTINGS
[Service]
Environment=FIGCAST_SERVER__LISTEN=127.0.0.1:$port FIGCAST_SOURCE__NAME=pushed FIGCAST_HISTORY__RECORD=true
WatchdogSec=1s
SETTINGS
inside systemctl daemon-reload
inside systemctl restart figcast || fail "no restart"
[ -e "$root/var/lib/figcast/figcast.db" ] || fail "there is no file"

say "watchdog: a process that hangs is ended, and another one serves"
inside systemctl kill --signal=STOP --kill-whom=main figcast
becomes restarted
inside journalctl -u figcast --no-pager | grep -q 'Watchdog timeout' || fail "it was not the watchdog"

say "stop: no failure"
inside systemctl stop figcast
[ "$(property Result)" = success ] || fail "$(property Result)"

say "a port below 1024, as the unit says"
overrides figcast.service <<SETTINGS
[Service]
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
PrivateUsers=no
Environment=FIGCAST_SERVER__LISTEN=127.0.0.1:977
SETTINGS
inside systemctl daemon-reload
inside systemctl start figcast || fail "no start"
[ "$(curl -sf http://127.0.0.1:977/healthz)" = ok ] || fail "it does not answer"
inside systemctl stop figcast

say "a socket of systemd, at which the first client starts the service"
rm "$root/etc/systemd/system/figcast.service.d/test.conf"
printf '[Socket]\nListenStream=127.0.0.1:977\n' > "$root/etc/systemd/system/figcast.socket"
inside systemctl daemon-reload
inside systemctl start figcast.socket || fail "no socket"
[ "$(curl -sf --max-time 20 http://127.0.0.1:977/healthz)" = ok ] || fail "it does not answer"
inside systemctl stop figcast.socket figcast

say "remove: settings and data stay; purge: they go"
overrides figcast.service <<SETTINGS
[Service]
Environment=FIGCAST_SERVER__LISTEN=127.0.0.1:$port
SETTINGS
inside systemctl daemon-reload
inside systemctl start figcast
answers || fail "it does not answer"
inside dpkg -r figcast >"$work/log" 2>&1 || { cat "$work/log"; fail remove; }
! answers || fail "it goes on"
[ ! -e "$root/usr/bin/figcast" ] || fail "the program stays"
[ -e "$root/etc/figcast/figcast.toml" ] && [ -e "$root/var/lib/figcast/figcast.db" ] || fail "settings or data are gone"
inside dpkg -P figcast >"$work/log" 2>&1 || { cat "$work/log"; fail purge; }
[ ! -e "$root/etc/figcast/figcast.toml" ] && [ ! -e "$root/var/lib/figcast" ] || fail "something stays after a purge"

say "the unit, as systemd reads it"
sed "s|/usr/bin/figcast|$binary|" "$here/figcast.service" > "$work/figcast.service"
systemd-analyze verify --man=no "$work/figcast.service" || fail "the unit is not valid"
systemd-analyze security --offline=yes --threshold=15 "$work/figcast.service" --no-pager | tail -1
say "all is well"
