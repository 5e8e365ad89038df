#!/bin/bash
# Makes what the API of version 1 needs in InfluxDB 2: the mapping of database and retention policies to
# the bucket, a user that may only write and one that may only read. Can be run any number of times.
set -euo pipefail

secrets=/run/secrets/influxdb
INFLUX_TOKEN=$(cat "$secrets/admin-token")
export INFLUX_TOKEN INFLUX_HOST=http://influxdb:8086 INFLUX_ORG=nginx

bucket_id=$(influx bucket list --name nginx --hide-headers | cut -f 1)
[ -n "$bucket_id" ]

# map POLICY [OPTION]
map() {
  influx v1 dbrp list --db nginx --rp "$1" --hide-headers | grep -q "$bucket_id" ||
    influx v1 dbrp create --db nginx --rp "$1" --bucket-id "$bucket_id" "${@:2}"
}

# user NAME PASSWORD_FILE RIGHT
user() {
  influx v1 auth list --hide-headers | grep -qw "$1" ||
    influx v1 auth create --username "$1" --password "$(cat "$2")" "$3" "$bucket_id"
}

map autogen --default
map rollup_5m
map rollup_1h
user meter_write "$secrets/write-password" --write-bucket
user grafana_read "$secrets/read-password" --read-bucket
