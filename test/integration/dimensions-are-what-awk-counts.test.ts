import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { defer } from '../support/defer.ts';
import { type Influx, startInflux } from '../support/influxdb.ts';
import { Dice, madeRequests } from '../support/made-requests.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * A log of an hour of a shop and a WordPress under attack, counted by awk, and by the meter into a real
 * InfluxDB: every status, method and class, and the ten first keys of every list, minute by minute.
 */
const DATABASE = 'counts';
const START_S = Date.UTC(2026, 10, 22, 10) / 1000;
const LINES = 18_000;
const PER_SECOND = 5;

/** Fields by quotes; of URLs what stands before the query. Prints minute, list, key, count, bytes. */
const AWK = String.raw`
function add(list, key, bytes,    at) {
  at = minute "\t" list "\t" key
  count[at]++
  traffic[at] += bytes
}
function bare(url) { sub(/[?#].*/, "", url); return url }
split($0, part, "\"") != 7 { minute = "none"; add("unparsed", "", 0); next }
{
  split(part[1], head, " "); split(part[2], request, " "); split(part[3], answer, " ")
  split(head[4], time, ":"); minute = time[2] ":" time[3]
  bytes = answer[2] == "-" ? 0 : answer[2]
  url = bare(request[2])
  add("all", "", bytes)
  add("class", substr(answer[1], 1, 1) "xx", bytes)
  add("status", answer[1], bytes)
  add("method", request[1], bytes)
  add("ip", head[1], bytes)
  add("url", url, bytes)
  if (part[4] != "-") add("referer", bare(part[4]), bytes)
  if (part[6] != "-") add("ua", part[6], bytes)
  if (answer[1] == 404) add("notfound", url, bytes)
  if (!seen[minute, head[1]]++) add("uniq", "", 0)
}
END { for (at in count) printf "%s\t%d\t%.0f\n", at, count[at], traffic[at] }
`;

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'curl/8.5.0',
  '-',
];

function logLines(): string[] {
  const dice = new Dice(11);
  const options = { count: LINES / 2, perSecond: PER_SECOND / 2, startS: START_S };
  const visitors = [...madeRequests('shop', options)];
  const attackers = [...madeRequests('wordpress-under-attack', options)];
  const lines = visitors
    .flatMap((one, i) => [one, attackers[i] ?? one])
    .map((one) => {
      const { timeS, method, target, status } = one;
      const time = new Date(timeS * 1000).toISOString().slice(11, 19);
      const ip = `198.51.${dice.zipf(8)}.${dice.zipf(250)}`;
      const bytes = dice.below(20) === 0 ? '-' : dice.zipf(400_000);
      const referer =
        dice.below(3) === 0
          ? '-'
          : `https://shop.example/page-${dice.zipf(60)}?from=${dice.below(9)}`;
      const agent = dice.below(4) === 0 ? `made/${dice.zipf(90)}` : dice.of(AGENTS);
      return (
        `${ip} - - [22/Nov/2026:${time} +0000] "${method} ${target} HTTP/1.1" ${status} ${bytes} ` +
        `"${referer}" "${agent}"`
      );
    });
  // As a log has them whose disk was full for a moment.
  return lines.map((line, i) => (i % 5000 === 77 ? line.slice(0, 60) : line));
}

/** `10:07 url` → `/cart` → [count, bytes]. */
type Counts = Map<string, Map<string, readonly [count: number, bytes: number]>>;

async function countByAwk(path: string): Promise<Counts> {
  // Bytes, not characters, whatever the environment says.
  const done = await runCommand(['awk', AWK, path], { env: { LC_ALL: 'C' } });
  assert.equal(done.code, 0, done.stderr);
  const counts: Counts = new Map();
  for (const line of done.stdout.trimEnd().split('\n')) {
    const [minute = '', list = '', key = '', count, bytes] = line.split('\t');
    const name = `${minute} ${list}`;
    const own = counts.get(name) ?? new Map<string, readonly [number, number]>();
    counts.set(name, own.set(key, [Number(count), Number(bytes)]));
  }
  return counts;
}

const minuteOf = (time: unknown) => new Date(Number(time) * 1000).toISOString().slice(11, 16);

/** Sorted, because the database gives series in an order of its own. */
const asText = (parts: readonly (readonly unknown[])[]) =>
  parts.map((part) => part.join(' ')).sort();

/** All counts of one list as awk has them. */
const ofList = (counts: Counts, list: string) =>
  asText(
    [...counts].flatMap(([name, keys]) =>
      name.endsWith(` ${list}`)
        ? Array.from(keys, ([key, figures]) => [name.slice(0, 5), key, ...figures])
        : [],
    ),
  );

async function properties(influx: Influx, dim: string): Promise<string[]> {
  const rows = await influx.rows(
    `SELECT "value", "count", "traffic" FROM "access_log_by" WHERE "dim" = '${dim}'`,
    DATABASE,
  );
  return asText(
    rows.map(({ time, value, count, traffic }) => [minuteOf(time), value, count, traffic]),
  );
}

test('an hour of a log, minute by minute', async (t) => {
  const dir = temporaryFolder(t);
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase(DATABASE);
  const path = join(dir, 'access.log');
  writeFileSync(
    path,
    logLines()
      .map((line) => `${line}\n`)
      .join(''),
  );
  const done = await runMeter(['backfill', 'access.log'], {
    cwd: dir,
    env: { INFLUX_URL: influx.url, INFLUX_DB: DATABASE, HOST_TAG: 'it', WINDOW: '1m' },
  });
  assert.equal(done.code, 0, done.output);
  const counts = await countByAwk(path);

  const classes = ['2xx', '3xx', '4xx', '5xx'];
  const totals = await influx.rows(`SELECT * FROM "access_log"`, DATABASE);
  assert.deepEqual(
    asText(totals.map(({ time, count, traffic }) => [minuteOf(time), '', count, traffic])),
    ofList(counts, 'all'),
  );
  for (const row of totals) {
    const own = counts.get(`${minuteOf(row['time'])} class`);
    assert.deepEqual(
      classes.map((name) => row[`c${name}`]),
      classes.map((name) => own?.get(name)?.[0] ?? 0),
    );
  }
  const [account] = await influx.rows(
    'SELECT sum("lines") AS lines, sum("unparsed") AS unparsed FROM "access_log_lines"',
    DATABASE,
  );
  const unparsed = counts.get('none unparsed')?.get('')?.[0];
  assert.deepEqual([account?.['lines'], account?.['unparsed']], [LINES, unparsed]);
  assert.ok((unparsed ?? 0) > 0);

  assert.deepEqual(await properties(influx, 'status'), ofList(counts, 'status'));
  assert.deepEqual(await properties(influx, 'method'), ofList(counts, 'method'));

  for (const list of ['ip', 'url', 'referer', 'ua', 'notfound']) {
    const rows = await influx.rows(
      `SELECT "key", "count", "traffic", "rank" FROM "access_log_top" WHERE "dim" = '${list}'`,
      DATABASE,
    );
    const found = Map.groupBy(rows, ({ time }) => minuteOf(time));
    let minutes = 0;
    for (const [name, keys] of counts) {
      if (!name.endsWith(` ${list}`)) continue;
      minutes++;
      const expected = [...keys]
        .sort(([a, [x]], [b, [y]]) => y - x || Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .slice(0, 10)
        .map(([key, [count, bytes]]) => [key, count, bytes]);
      const own = (found.get(name.slice(0, 5)) ?? [])
        .toSorted((a, b) => Number(a['rank']) - Number(b['rank']))
        .map(({ key, count, traffic }) => [key, count, traffic]);
      assert.deepEqual(own, expected, name);
    }
    assert.equal(minutes, 60, list);
  }

  const clients = await influx.rows('SELECT "uniq" FROM "access_log_uniq"', DATABASE);
  const estimated = clients.reduce((sum, { uniq }) => sum + Number(uniq), 0);
  const exact = clients.reduce(
    (sum, { time }) => sum + (counts.get(`${minuteOf(time)} uniq`)?.get('')?.[0] ?? 0),
    0,
  );
  t.diagnostic(`distinct clients, all minutes: ${estimated} estimated, ${exact} counted`);
  assert.ok(exact > 1000 && Math.abs(estimated / exact - 1) < 0.02);
});
