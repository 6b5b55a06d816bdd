#!/bin/sh
# The programs of others that the end-to-end tests drive: Chromium, Firefox, curl, nginx, and openssl for
# its certificate. Installed when they are missing and this may be done; else one line says what to
# install. Without Firefox its tests are left out.
set -eu

missing=
command -v "${CHROMIUM:-chromium}" >/dev/null || missing="$missing chromium"
command -v curl >/dev/null || missing="$missing curl"
command -v "${NGINX:-nginx}" >/dev/null || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v openssl >/dev/null || missing="$missing openssl"
firefox=
[ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] || firefox=" firefox-esr"
[ -z "$missing$firefox" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get update -qq
	# nginx is only a program to the tests: its service is not started.
	DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing $firefox
elif [ -z "$missing" ]; then
	echo "the tests in Firefox are left out without it: as root, apt-get install firefox-esr" >&2
else
	echo "make test needs$missing: as root, apt-get install$missing$firefox" >&2
	exit 1
fi
