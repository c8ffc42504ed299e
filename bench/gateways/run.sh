#!/usr/bin/env bash
# Several gateways on one PostgreSQL and one bucket, on one machine: a native server (NATIVE=1, see bench/postgres/native.sh) or PGlite (PostgreSQL as
# WebAssembly, one thread), s3rver from npm, the demo origin, wrk.
#   dotnet build -c Release src/Afterimage && bench/gateways/run.sh [hits|scale|outage]...
# hits: rate of exact hits from the hot local tier, beside one machine with files and a local index in the same run (aim: ratio >= 0.95)
# scale: rate of the same hits at 1, 2 and 3 gateways at once. All of them, and wrk, share this machine's cores.
# outage: nine hits and one miss of ten, while the database, then the bucket, is killed and started again (aim: no failure, p99 back within 10 s)
# Environment: NATIVE, AFTERIMAGE_TEST_NODE_MODULES (default artifacts/node_modules), SECONDS_EACH (5), ROUNDS (3).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
modules=${AFTERIMAGE_TEST_NODE_MODULES:-$root/artifacts/node_modules}
each=${SECONDS_EACH:-5} rounds=${ROUNDS:-3}
program=$root/artifacts/bin/Afterimage/release/afterimage.dll
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; drop; rm -rf "$work"' EXIT
export AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER
base=$((20000 + RANDOM % 20000)) pg_port=$((base + 10)) s3_port=$((base + 11)) schema=gateways_$$

mkfifo "$work/open"
exec 9<>"$work/open"
native=${NATIVE:+$root/bench/postgres/native.sh}
database() { # PGlite ends when its standard input does
  [ -z "$native" ] || { connection=$("$native" start 2>/dev/null); return; }
  node "$root/tests/Afterimage.Tests/Cloud/Postgres/pglite-server.mjs" "$modules" "$work/database" --port=$pg_port <"$work/open" >/dev/null 2>&1 &
  pg=$!; pids+=($pg)
  connection="Host=127.0.0.1;Port=$pg_port;Username=postgres;Database=postgres;SSL Mode=Disable"
}
database_away() { if [ -n "$native" ]; then "$native" stop 2>/dev/null; else killed $pg; fi; }
killed() { kill -9 "$1"; wait "$1" 2>/dev/null || true; }
drop() { # what a native server would keep
  [ -z "$native" ] || PGHOST=127.0.0.1 PGPORT=$(sed 's/.*Port=\([0-9]*\).*/\1/' <<<"$connection") psql -qU postgres -c "DROP SCHEMA IF EXISTS $schema CASCADE" >/dev/null 2>&1 || true
}
bucket() {
  NODE_OPTIONS=--openssl-legacy-provider node "$modules/s3rver/bin/s3rver.js" -d "$work/bucket" -a 127.0.0.1 -p $s3_port --configure-bucket images >/dev/null 2>&1 &
  s3=$!; pids+=($s3)
}
gateway() { # NUMBER SETTING...
  local n=$1; shift
  dotnet "$program" serve --origin demo --listen http://127.0.0.1:$((base + n)) --data "$work/gateway-$n" "$@" >/dev/null 2>"$work/gateway-$n.log" &
  pids+=($!)
}
target='/prompt/a%20red%20fox?width=64&height=64'
warm() { # PORT: until the picture is a hit
  for _ in $(seq 200); do
    curl -s -o /dev/null -D - "http://127.0.0.1:$1$target" | grep -qi '^x-cache: hit' && return
    sleep 0.2
  done
  echo "no hit at port $1" >&2; cat "$work"/gateway-*.log >&2; exit 1
}
state() { curl -s "http://127.0.0.1:$1/_afterimage/health/ready" | tr -d ' \n'; }
up() { for _ in $(seq 200); do [[ $(state "$1") != *'"away"'* && $(state "$1") == *'"up"'* ]] && return; sleep 0.2; done; echo "not up: $(state "$1")" >&2; exit 1; }
rate() { wrk -t1 -c"${2:-32}" -d"${each}s" "http://127.0.0.1:$1$target" | awk '/Requests\/sec/ { print $2 }'; }
mixed() { # LABEL SECONDS: rate, failures and p99 of the mix
  wrk -t1 -c16 -d"$2s" --timeout 30s --latency -s "$root/bench/gateways/misses.lua" "http://127.0.0.1:$((base + 1))" | awk -v label="$1" '
    /99%/ { p99 = $2 } /Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF } /Socket errors/ { errors = $0 }
    END { printf "%-44s %8s req/s  p99 %9s  failed %d%s\n", label, rate, p99, bad, errors == "" ? "" : "  (" errors ")" }'
}

database; bucket; sleep 3
shared=(--Store:Provider s3 --Store:S3:ServiceUrl http://127.0.0.1:$s3_port --Store:S3:Bucket images
  --Index:Provider postgres --Index:Postgres:ConnectionString "$connection" --Index:Postgres:Schema "$schema")
gateway 0
gateway 1 "${shared[@]}"
warm $base; warm $((base + 1)); up $((base + 1))
for what in "${@:-hits}"; do
  case $what in
    hits)
      best0=0 best1=0
      for _ in $(seq "$rounds"); do
        r0=$(rate $base) r1=$(rate $((base + 1)))
        best0=$(echo "$best0 $r0" | awk '{ print ($1 > $2) ? $1 : $2 }') best1=$(echo "$best1 $r1" | awk '{ print ($1 > $2) ? $1 : $2 }')
      done
      echo "$best1 $best0" | awk '{ printf "{\"measure\": \"hit from the hot local tier, PostgreSQL + S3 configured\", \"unit\": \"req/s\", \"ours\": %.0f, \"peer\": %.0f, \"ratio\": %.3f, \"better\": \"higher\", \"aim\": 0.95}\n", $1, $2, $1 / $2 }' ;;
    scale)
      gateway 2 "${shared[@]}"; gateway 3 "${shared[@]}"; warm $((base + 2)); warm $((base + 3))
      for n in 1 2 3; do
        for i in $(seq "$n"); do rate $((base + i)) $((48 / n)) >"$work/rate-$i" & waits[i]=$!; done
        for i in $(seq "$n"); do wait "${waits[i]}"; done
        total=$(for i in $(seq "$n"); do cat "$work/rate-$i"; done | awk '{ s += $1 } END { printf "%.0f", s }')
        echo "{\"measure\": \"exact hits, $n gateways on one machine\", \"unit\": \"req/s\", \"ours\": $total, \"peer\": null, \"ratio\": null, \"better\": \"higher\", \"aim\": null}"
      done ;;
    outage)
      mixed "before" "$each"
      database_away; mixed "database away" $((2 * each))
      database; up $((base + 1)); mixed "database back, the first ${each} s" "$each"; mixed "database back, the next ${each} s" "$each"
      killed $s3; mixed "bucket away" $((2 * each))
      bucket; up $((base + 1)); mixed "bucket back, the first ${each} s" "$each"; mixed "bucket back, the next ${each} s" "$each" ;;
  esac
done
