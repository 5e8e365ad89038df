#!/bin/sh
# Runs once before the other services start, and does nothing on later starts: makes the secrets that
# nobody gave, and gives the volumes to the users that write to them.
#
# Every consumer has a volume of its own with only what it needs, mounted into no other container; that
# is why the files may be readable by everybody inside. A value from .env always goes into the file, but
# InfluxDB and Grafana take a password only when they are set up; docs/operating.md says how to change it later.
set -eu
umask 022

fail() {
  echo "prepare: $*" >&2
  exit 1
}

# write FILE TEXT: at once or not at all
write() {
  printf '%s' "$2" >"$1.new"
  mv -f "$1.new" "$1"
}

random() {
  head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c 32
}

# secret FILE NAME VALUE: VALUE if there is one, else what the file holds, else a random text
secret() {
  case $3 in
    *[!A-Za-z0-9._~-]*) fail "$2 may have letters, digits and . _ ~ - only; please change it in .env" ;;
  esac
  if [ -n "$3" ]; then
    if [ -s "$1" ] && [ "$(cat "$1")" != "$3" ]; then
      echo "prepare: $2 has changed. It must be changed in the program itself, too: see docs/operating.md."
    fi
    write "$1" "$3"
  elif [ ! -s "$1" ]; then
    write "$1" "$(random)"
    echo "prepare: $2 was not given, a random one has been made"
  fi
}

secrets=/secrets
secret "$secrets/influxdb/admin-password" INFLUXDB_ADMIN_PASSWORD "${INFLUXDB_ADMIN_PASSWORD:-}"
secret "$secrets/influxdb/admin-token" INFLUXDB_ADMIN_TOKEN "${INFLUXDB_ADMIN_TOKEN:-}"
secret "$secrets/influxdb/write-password" INFLUXDB_WRITE_USER_PASSWORD \
  "${INFLUXDB_WRITE_USER_PASSWORD:-}"
secret "$secrets/influxdb/read-password" INFLUXDB_READ_USER_PASSWORD \
  "${INFLUXDB_READ_USER_PASSWORD:-}"
write "$secrets/meter/influx-password" "$(cat "$secrets/influxdb/write-password")"
# The meter reads its password at each start: a new one in .env is all it takes.
[ -z "${PAGE_PASSWORD:-}" ] || write "$secrets/meter/page-password" "$PAGE_PASSWORD"
secret "$secrets/meter/page-password" PAGE_PASSWORD ""
write "$secrets/grafana/influx-password" "$(cat "$secrets/influxdb/read-password")"
secret "$secrets/grafana/admin-password" GRAFANA_ADMIN_PASSWORD "${GRAFANA_ADMIN_PASSWORD:-}"
# Encrypts the passwords of data sources in Grafana's own database.
secret "$secrets/grafana/secret-key" GRAFANA_SECRET_KEY "${GRAFANA_SECRET_KEY:-}"

# The users of the images; a new volume belongs to root.
chown 101:101 /volumes/nginx-logs
chown 1500:1500 /volumes/influxdb-data
chown 65532:65532 /volumes/meter-state
# With docker-compose.influxdb2.yml only.
[ ! -d /volumes/influxdb2-data ] || chown 1000:1000 /volumes/influxdb2-data
