#!/bin/bash
# The first start, by the variables of the official image: administrator, database, the users that may
# write, read or both, then the files of /docker-entrypoint-initdb.d. Meanwhile a server without
# passwords answers on the loopback alone. Does nothing once there is a database.
set -euo pipefail

readonly data=/var/lib/influxdb
readonly tries_max=300

[ ! -e "$data/meta/meta.db" ] || exit 0

ask() {
  influx -host 127.0.0.1 -execute "$1" >/dev/null
}

# user NAME PASSWORD PRIVILEGE
user() {
  [ -n "$1" ] || return 0
  ask "CREATE USER \"$1\" WITH PASSWORD '$2'"
  [ -z "${INFLUXDB_DB:-}" ] || ask "GRANT $3 ON \"$INFLUXDB_DB\" TO \"$1\""
}

INFLUXDB_HTTP_AUTH_ENABLED=false INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:8086 influxd &
server=$!
tries=0
until ask 'SHOW DATABASES' 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt "$tries_max" ] || ! kill -0 "$server"; then
    echo 'init-influxdb: the server does not answer.' >&2
    exit 1
  fi
  sleep 0.1
done

if [ "${INFLUXDB_HTTP_AUTH_ENABLED:-false}" = true ] && [ -n "${INFLUXDB_ADMIN_USER:-}" ]; then
  ask "CREATE USER \"$INFLUXDB_ADMIN_USER\" WITH PASSWORD '$INFLUXDB_ADMIN_PASSWORD' WITH ALL PRIVILEGES"
fi
[ -z "${INFLUXDB_DB:-}" ] || ask "CREATE DATABASE \"$INFLUXDB_DB\""
user "${INFLUXDB_USER:-}" "${INFLUXDB_USER_PASSWORD:-}" ALL
user "${INFLUXDB_WRITE_USER:-}" "${INFLUXDB_WRITE_USER_PASSWORD:-}" WRITE
user "${INFLUXDB_READ_USER:-}" "${INFLUXDB_READ_USER_PASSWORD:-}" READ
for file in /docker-entrypoint-initdb.d/*; do
  case $file in
    *.iql) ask "$(cat "$file")" ;;
    *.sh) . "$file" ;;
  esac
done

kill "$server"
wait "$server" || true
