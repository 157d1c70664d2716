#!/usr/bin/env bash
# Starts a streaming replica of $PRIMARY: the first time it copies it.
set -euo pipefail
: "${PRIMARY:?the host of the primary}" "${PGPASSWORD:?its password}"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # A copy that was cut off is begun anew.
    rm -rf "${PGDATA:?}"/*
    until pg_basebackup -h "$PRIMARY" -U rookery -D "$PGDATA" -R -X stream -C -S "replica_$PRIMARY" ||
        pg_basebackup -h "$PRIMARY" -U rookery -D "$PGDATA" -R -X stream -S "replica_$PRIMARY"; do
        rm -rf "${PGDATA:?}"/*
        sleep 1
    done
    chmod 0700 "$PGDATA"
fi
exec postgres "$@"
