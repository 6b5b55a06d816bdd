#!/usr/bin/env bash
# Schemathesis against /openapi.json of a debug server on a free port of this machine, for SCHEMA_SECONDS. Streams have no end,
# and are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v schemathesis >/dev/null || { echo "schemathesis is missing: pip install schemathesis" >&2; exit 1; }
folder=$(mktemp -d)
FIGCAST_HISTORY__PATH=$folder/bars.db target/debug/figcast serve --listen 127.0.0.1:0 --allow-ingest \
    >"$folder/out" 2>"$folder/log" &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -r "$folder"' EXIT
for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$folder/out")
    [ -z "$url" ] || break
    kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
config=$PWD/tests/schemathesis.toml
# What it remembers of a run is kept nowhere.
cd "$folder"
schemathesis --config-file "$config" run "${url:?the server does not say where it listens}/openapi.json" \
    --exclude-path-regex '^/stream' \
    --phases examples,coverage,fuzzing --max-examples 20 --request-timeout 30 --max-response-time 30 \
    --max-time "${SCHEMA_SECONDS:-120}" --seed "${SCHEMA_SEED:-1}" --no-color --warnings off
