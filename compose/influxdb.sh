#!/bin/bash
# Starts InfluxDB 1.x with the passwords that compose/prepare.sh made: the official image takes them
# from the environment only.
#
# Its own first start is not atomic: when it is interrupted, the data folder is there and the next start
# believes that all is set up, without users or retention. The mark tells; then it is done again.
set -eu

secrets=/run/secrets/influxdb
data=/var/lib/influxdb
mark=$data/.being-set-up

INFLUXDB_ADMIN_PASSWORD=$(cat "$secrets/admin-password")
INFLUXDB_WRITE_USER_PASSWORD=$(cat "$secrets/write-password")
INFLUXDB_READ_USER_PASSWORD=$(cat "$secrets/read-password")
export INFLUXDB_ADMIN_PASSWORD INFLUXDB_WRITE_USER_PASSWORD INFLUXDB_READ_USER_PASSWORD

if [ -e "$mark" ]; then
  echo 'The first start was interrupted before it was complete; it begins anew.'
  rm -rf "$data/meta" "$data/data" "$data/wal"
fi
if [ ! -d "$data/meta" ]; then
  touch "$mark"
  /init-influxdb.sh
  rm "$mark"
fi
# The server itself has no use for them.
unset INFLUXDB_ADMIN_PASSWORD INFLUXDB_WRITE_USER_PASSWORD INFLUXDB_READ_USER_PASSWORD
exec influxd
