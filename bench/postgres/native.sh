#!/usr/bin/env bash
# A native PostgreSQL with pgvector on loopback, for AFTERIMAGE_TEST_POSTGRES, on a Debian whose own release does not package pgvector: a newer Debian in a
# folder (debootstrap, from the mirror that this machine's apt uses), its server run in a chroot. Needs root, debootstrap and some 600 MB.
#   bench/postgres/native.sh start|stop|remove
# start prints the connection string: export AFTERIMAGE_TEST_POSTGRES="$(bench/postgres/native.sh start)"
# Environment: FOLDER (default artifacts/postgres-native), SUITE (trixie), VERSION (17), PORT (55433).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${FOLDER:-$root/artifacts/postgres-native} suite=${SUITE:-trixie} version=${VERSION:-17} port=${PORT:-55433}
bin=/usr/lib/postgresql/$version/bin data=/var/lib/postgresql/afterimage

mirror() { # of the first Debian archive in apt's sources, whichever form they are written in
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
    grep -v '^ *#' | grep -oE '[a-z]+://[^ ]+/debian/?( |$)' | head -n 1
}
inside() { chroot "$folder" /usr/sbin/runuser -u postgres -- env LC_ALL=C "$@"; }
install() {
  local from; from=$(mirror)
  [ -n "$from" ] || { echo "no Debian mirror in apt's sources" >&2; exit 1; }
  debootstrap --variant=minbase --include="postgresql-$version,postgresql-$version-pgvector" "$suite" "$folder" "${from% }" >&2
}
attach() {
  mountpoint -q "$folder/proc" || mount -t proc proc "$folder/proc"
  # Parallel builds of a graph share memory there.
  mountpoint -q "$folder/dev/shm" || { mkdir -p "$folder/dev/shm"; mount -t tmpfs tmpfs "$folder/dev/shm"; }
}
detach() { for at in dev/shm proc; do ! mountpoint -q "$folder/$at" || umount "$folder/$at"; done; }

case ${1:-} in
  start)
    [ -x "$folder$bin/postgres" ] || install
    attach
    [ -f "$folder$data/PG_VERSION" ] || inside "$bin/initdb" -D "$data" -A trust -U postgres --locale=C -E UTF8 >&2
    inside "$bin/pg_ctl" status -D "$data" >/dev/null || inside "$bin/pg_ctl" start -w -D "$data" -l "$data/log" -o \
      "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c shared_buffers=1GB -c max_wal_size=8GB" >&2
    echo "Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres" ;;
  stop)
    ! inside "$bin/pg_ctl" status -D "$data" >/dev/null || inside "$bin/pg_ctl" stop -m fast -D "$data" >&2
    detach ;;
  remove)
    "$0" stop && rm -rf --one-file-system "$folder" ;;
  *) sed -n '2,7p' "$0"; exit 2 ;;
esac
