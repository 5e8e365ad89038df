#!/bin/bash
# Sets the database up at the first start, then starts what it is told to.
set -e
[ "$1" != influxd ] || /init-influxdb.sh
exec "$@"
