#!/bin/bash
# Starts InfluxDB 2, which is open to whoever asks first until it is set up: then the first visitor becomes
# its administrator. So it is set up before it listens to anybody but this script, and the image's own
# entry point is not used.
#
# A first start that is interrupted is begun anew by the next one: the mark tells.
set -eu

secrets=${SECRETS:-/run/secrets/influxdb}
data=${DATA:-/var/lib/influxdb2}
mark=$data/.being-set-up
export INFLUXD_BOLT_PATH=$data/influxd.bolt
export INFLUXD_SQLITE_PATH=$data/influxd.sqlite
export INFLUXD_ENGINE_PATH=$data/engine
alone=127.0.0.1:8086

if [ -e "$mark" ]; then
  echo 'The first start was interrupted before it was complete; it begins anew.'
  rm -rf "$INFLUXD_BOLT_PATH" "$INFLUXD_SQLITE_PATH" "$INFLUXD_ENGINE_PATH"
fi
if [ ! -e "$INFLUXD_BOLT_PATH" ]; then
  touch "$mark"
  influxd --http-bind-address "$alone" &
  server=$!
  until influx ping --host "http://$alone" >/dev/null 2>&1; do
    kill -0 "$server"
    sleep 0.2
  done
  influx setup --force --host "http://$alone" --org nginx --bucket nginx --retention 52w \
    --username admin --password "$(cat "$secrets/admin-password")" \
    --token "$(cat "$secrets/admin-token")" >/dev/null
  kill "$server"
  wait "$server" || true
  rm "$mark"
fi
exec influxd
