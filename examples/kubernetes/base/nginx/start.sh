#!/bin/sh
# Starts nginx, and beside it a loop that rotates the access log by its size, so that the volume it
# shares with the meter never holds more than (LOG_ROTATE_KEEP + 1) * LOG_ROTATE_BYTES and what is
# written between two looks.
#
# Rotation is by renaming: nothing is copied or cut off, so no line is lost. nginx writes to the renamed
# file until its workers have followed USR1, and the meter reads it to its end. What can be lost: lines
# in the oldest file when the meter has been away for LOG_ROTATE_KEEP rotations.
set -u

log=${LOG_ROTATE_PATH:-/var/log/shared/access.log}
pid_file=${NGINX_PID_FILE:-/tmp/nginx.pid}
limit_bytes=${LOG_ROTATE_BYTES:-67108864}
keep=${LOG_ROTATE_KEEP:-4}
look_every_s=${LOG_ROTATE_LOOK_EVERY_S:-5}

reopen() {
  kill -USR1 "$(cat "$pid_file")"
}

rotate() {
  n=$keep
  while [ "$n" -gt 1 ]; do
    [ -e "$log.$((n - 1))" ] && mv -f "$log.$((n - 1))" "$log.$n"
    n=$((n - 1))
  done
  mv -f "$log" "$log.1"
}

watch() {
  while sleep "$look_every_s"; do
    [ -s "$pid_file" ] || continue
    size=$(stat -c %s "$log" 2>/dev/null) || {
      # Renamed, and nginx was not told or did not follow: tell it again.
      reopen
      continue
    }
    [ "$size" -ge "$limit_bytes" ] || continue
    rotate && reopen
  done
}

# 0: there is no log file here to rotate.
[ "$limit_bytes" -eq 0 ] || watch &
exec /docker-entrypoint.sh nginx -g 'daemon off;'
