#!/bin/sh
# Lays out the tree of the image, and builds it with what is there of buildah, podman and docker:
#   packaging/make-image.sh target/release/figcast [NAME]
# The libraries and certificates are those of the machine that builds, which should be a current Debian.
set -eu
binary=$(realpath "$1") name=${2:-figcast}
cd "$(dirname "$0")"
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
root=$context/rootfs
install -D -m 755 "$binary" "$root/usr/bin/figcast"
[ -z "${STRIP:-}" ] || strip "$root/usr/bin/figcast"
# Each library at the path by which the program asks for it.
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
    install -D -m 755 "$(realpath "$library")" "$root$library"
done
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/etc" "$root/data" "$root/tmp"
chmod 1777 "$root/tmp"
chown 65532:65532 "$root/data"
echo 'figcast:x:65532:65532::/data:/nonexistent' > "$root/etc/passwd"
echo 'figcast:x:65532:' > "$root/etc/group"
cp Dockerfile "$context"
for builder in buildah podman docker; do
    if command -v "$builder" >/dev/null; then
        # The format of OCI has no health check.
        [ "$builder" = docker ] || format="--format docker"
        "$builder" build ${format:-} ${BUILD_FLAGS:-} -t "$name" "$context"
        exit
    fi
done
echo "there is none of buildah, podman and docker" >&2
exit 1
