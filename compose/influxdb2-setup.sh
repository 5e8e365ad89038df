#!/bin/bash
# Makes what the API of version 1 needs in InfluxDB 2: the mapping of database and retention policies to
# the bucket, a user that may only write and one that may only read. Can be run any number of times, also
# after a run that was interrupted, and takes up a changed password.
#
# Answers are read to their end before anybody looks into them: a program whose reader leaves at the first
# match is killed, and with pipefail the match would count as a failure.
set -euo pipefail

secrets=${SECRETS:-/run/secrets/influxdb}
INFLUX_TOKEN=$(cat "$secrets/admin-token")
export INFLUX_TOKEN INFLUX_HOST=${INFLUX_HOST:-http://influxdb:8086} INFLUX_ORG=nginx

bucket=$(influx bucket list --name nginx --hide-headers)
bucket_id=${bucket%%[[:space:]]*}
[ -n "$bucket_id" ]

# map POLICY [OPTION]
map() {
  local mappings
  mappings=$(influx v1 dbrp list --db nginx --rp "$1" --hide-headers)
  # Behind that word are those that the database makes up by itself, which have no say in the default.
  case ${mappings%%VIRTUAL*} in
    *"$bucket_id"*) ;;
    *) influx v1 dbrp create --db nginx --rp "$1" --bucket-id "$bucket_id" "${@:2}" ;;
  esac
}

# user NAME PASSWORD_FILE RIGHT
user() {
  local users
  users=$(influx v1 auth list --hide-headers)
  grep -qw "$1" <<<"$users" ||
    influx v1 auth create --username "$1" --no-password "$3" "$bucket_id"
  influx v1 auth set-password --username "$1" --password "$(cat "$2")"
}

# The first is the default, for who names no policy.
map autogen --default
map rollup_5m
map rollup_1h
user meter_write "$secrets/write-password" --write-bucket
user grafana_read "$secrets/read-password" --read-bucket
