#!/bin/sh
# Traffic for the profile `demo`: visitors on a sample shop, more of them in some minutes than in others,
# with missing pages, a failing API and slow reports. Ends with the container.
set -u
site=${DEMO_URL:-http://nginx:8080}

# The count of seconds since 1970 is all the chance that is needed.
n=0
while :; do
  n=$((n + 1))
  busy=$(( ($(date +%s) / 60 % 5 + 1) * 4 ))
  set -- -A "Mozilla/5.0 (X11; Linux x86_64) Firefox/14$((n % 10)).0" "$site/"
  i=0
  while [ "$i" -lt "$busy" ]; do
    i=$((i + 1))
    set -- "$@" "$site/api/v1/products/$((n * 7 + i))"
  done
  [ $((n % 3)) = 0 ] && set -- "$@" "$site/api/v1/checkout"
  [ $((n % 5)) = 0 ] && set -- "$@" "$site/no-such-page-$n" "$site/favicon.ico"
  [ $((n % 40)) = 0 ] && set -- "$@" "$site/broken"
  curl -s -o /dev/null --max-time 20 "$@" >/dev/null
  [ $((n % 10)) = 0 ] && curl -s -o /dev/null --max-time 20 -A 'ReportBot/1.0' "$site/reports/$n" &
  sleep 1
done
