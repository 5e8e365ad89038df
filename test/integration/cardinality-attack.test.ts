import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { decodeLines, type DecodedPoint } from '../support/line-protocol-decoder.ts';
import { NOON_S } from '../support/log-rows.ts';
import { Dice } from '../support/made-requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * Clients that invent everything, one line in four of a real route among them, through the program as
 * a process: what it writes, and the memory it takes.
 */
const LINES = 1_000_000;
const LINES_PER_S = 1000;
const BUSY_EVERY = 4;
const CHUNK_LINES = 5000;

const LOG_FORMAT =
  '$host $remote_addr [$time_iso8601] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" $request_time "$upstream_addr" ' +
  '$upstream_cache_status $ssl_protocol';

/** The limit of memory in docker-compose.yml and examples/kubernetes. */
const RSS_BYTES_MAX = 256 * 1024 * 1024;
const SITES_MAX = 52; // 50, `other` and `-`
/** Values of METHODS, PROTOCOLS, CACHE_STATES, TLS_VERSIONS and AGENT_CLASSES. */
const CLOSED_VALUES_MAX = 100;
const STATUSES_MAX = 900;
const SERIES_MAX: Readonly<Record<string, number>> = {
  access_log: SITES_MAX,
  access_log_lines: 1,
  // Two full rations of new series, and `other` for each site.
  access_log_route: 2 * 50 + 50 + SITES_MAX,
  access_log_upstream: 2 * 32 + 32 + SITES_MAX,
  access_log_by: SITES_MAX * (CLOSED_VALUES_MAX + STATUSES_MAX),
  access_log_top: SITES_MAX * 5 * 10,
  access_log_uniq: SITES_MAX,
};
const POINTS_OF_A_WINDOW_MAX = 10_000;

function writeAttack(path: string): void {
  const file = openSync(path, 'w');
  const dice = new Dice(7);
  const word = () => dice.below(0xffffffff).toString(36);
  const byte = () => dice.below(256);
  for (let done = 0; done < LINES; done += CHUNK_LINES) {
    const atS = NOON_S + Math.floor(done / LINES_PER_S);
    const time = `${new Date(atS * 1000).toISOString().slice(0, 19)}+00:00`;
    let text = '';
    for (let i = 0; i < CHUNK_LINES; i++) {
      if (i % BUSY_EVERY === 0) {
        text += `shop.example 192.0.2.1 [${time}] "GET /busy HTTP/1.1" 200 1 "-" "curl/8" 0.001 "-" HIT TLSv1.3\n`;
        continue;
      }
      const ip = `${byte()}.${byte()}.${byte()}.${byte()}`;
      text +=
        `${word()}.example ${ip} [${time}] "${word()} /${word()}/${word()}zz/x HTTP/${byte()}.1" ` +
        `${100 + dice.below(900)} 1 "https://${word()}.example/" "${word()} ${word()}" ` +
        `${byte()}.001 "${ip}:${byte()}" ${word()} TLS${byte()}\n`;
    }
    writeSync(file, text);
  }
  closeSync(file);
}

/** Prints the most memory the process had, in KiB, as the last thing it does. */
const TELL_PEAK =
  `import{writeSync}from"node:fs";` +
  `process.on("exit",()=>writeSync(2,"\\npeak "+process.resourceUsage().maxRSS+"\\n"))`;

function valueOf(point: DecodedPoint, field: string): number {
  const value = point.fields.find(([name]) => name === field)?.[1];
  return value?.type === 'integer' ? Number(value.value) : 0;
}

test('a million lines in which everything is invented', async (t) => {
  const dir = temporaryFolder(t);
  writeAttack(join(dir, 'access.log'));
  const done = await runMeter(['backfill', '--stdout', 'access.log'], {
    cwd: dir,
    env: {
      LOG_FORMAT,
      HOST_TAG: 'h',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_PEAK)}`,
    },
  });
  assert.equal(done.code, 0, done.stderr);
  const points = decodeLines(Buffer.from(done.stdout));

  const series = new Map<string, Set<string>>();
  const pointsAt = new Map<bigint, number>();
  for (const { measurement, seriesKey, timestamp } of points) {
    series.set(measurement, (series.get(measurement) ?? new Set()).add(seriesKey));
    pointsAt.set(timestamp, (pointsAt.get(timestamp) ?? 0) + 1);
  }
  for (const [measurement, most] of Object.entries(SERIES_MAX)) {
    const count = series.get(measurement)?.size ?? 0;
    t.diagnostic(`${measurement}: ${count} series`);
    assert.ok(count > 0 && count <= most, `${count} series of ${measurement}`);
  }
  assert.deepEqual([...series.keys()].sort(), Object.keys(SERIES_MAX).sort());
  const pointsMax = Math.max(...pointsAt.values());
  assert.ok(pointsMax <= POINTS_OF_A_WINDOW_MAX, `${pointsMax} points in one window`);
  const peakBytes = 1024 * Number(/^peak (\d+)$/m.exec(done.stderr)?.[1]);
  t.diagnostic(
    `${points.length} points, ${done.stdout.length} bytes; ${pointsMax} points in a window; ` +
      `peak ${(peakBytes / 1e6).toFixed(0)} MB`,
  );
  assert.ok(peakBytes < RSS_BYTES_MAX, `${peakBytes} bytes at the most`);

  // Nothing is lost for it, and the one real route is seen.
  const sumOf = (name: string, is: (point: DecodedPoint) => boolean) =>
    points
      .filter((point) => point.measurement === name && is(point))
      .reduce((sum, point) => sum + valueOf(point, 'count'), 0);
  const has = (tag: string, value: string) => (point: DecodedPoint) =>
    point.tags.some(([name, own]) => name === tag && own === value);
  assert.equal(
    sumOf('access_log', () => true),
    LINES,
  );
  assert.equal(
    sumOf('access_log_route', () => true),
    LINES,
  );
  for (const dim of ['status', 'method', 'proto', 'cache', 'tls', 'agent']) {
    assert.equal(sumOf('access_log_by', has('dim', dim)), LINES, dim);
  }
  // Lines of one second are counted in an order of their own, so invented names may come first for a minute.
  const site = sumOf('access_log', has('site', 'shop.example'));
  assert.ok(site > 0.9 * (LINES / BUSY_EVERY), `${site} requests of shop.example`);
  const busy = sumOf('access_log_route', has('route', '/busy'));
  assert.ok(busy > 0.9 * (LINES / BUSY_EVERY), `${busy} requests of /busy`);
});
