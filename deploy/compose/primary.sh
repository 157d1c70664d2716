#!/usr/bin/env bash
# Run once by the image when the data folder is made: replicas may stream from here.
set -euo pipefail
echo "host replication rookery all scram-sha-256" >>"$PGDATA/pg_hba.conf"
