#!/bin/sh
# Starts Grafana with the password of the data source in the environment, where provisioning looks for
# it. Grafana's own secrets are read from their files (GF_..__FILE).
set -eu
INFLUX_READ_PASSWORD=$(cat /run/secrets/grafana/influx-password)
export INFLUX_READ_PASSWORD
exec /run.sh "$@"
