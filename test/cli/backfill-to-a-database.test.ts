import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { type BackfillArguments, backfillCommand } from '../../src/cli/backfill.ts';
import type { Account } from '../../src/cli/backfill/account.ts';
import { loadConfig } from '../../src/config/config.ts';
import { freePort } from '../support/ports.ts';
import { type Answer, startStandInDatabase } from '../support/stand-in-database.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { WrittenText } from '../support/written-text.ts';

const LINES = 3000;
const LIMIT_MS = 10_000;

/** A line every minute. */
function logText(): string {
  return Array.from({ length: LINES }, (_, i) => {
    const moment = new Date(Date.UTC(2024, 2, 14) + i * 60_000).toISOString();
    const when = `${moment.slice(8, 10)}/Mar/2024:${moment.slice(11, 19)} +0000`;
    return `192.0.2.7 - - [${when}] "GET /${i} HTTP/1.1" 200 10 "-" "curl/8.0"\n`;
  }).join('');
}

interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

async function backfill(
  t: TestContext,
  settings: Readonly<Record<string, string>>,
  more: Partial<BackfillArguments> & {
    readonly signal?: AbortSignal;
    readonly stdin?: string;
  } = {},
): Promise<Done> {
  const folder = temporaryFolder(t);
  const path = join(folder, 'access.log');
  writeFileSync(path, logText());
  const { signal, stdin: input, ...args } = more;
  const config = loadConfig({
    HOST_TAG: 'h',
    WINDOW: '1m',
    DIMENSION_WINDOW: 'off',
    ...(settings['INFLUX_URL'] === undefined ? {} : { INFLUX_DB: 'meter' }),
    STATE_DIR: join(folder, 'state'),
    ...settings,
  });
  const [stdout, stderr] = [new WrittenText(), new WrittenText()];
  const startedMs = performance.now();
  const code = await backfillCommand({ files: [path], stdout: false, ...args }, config, {
    stdout,
    stderr,
    ...(signal === undefined ? {} : { signal }),
    ...(input === undefined ? {} : { stdin: Readable.from([Buffer.from(input)]) }),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  return { code, stdout: stdout.text, stderr: stderr.text, seconds };
}

const refusals: readonly (readonly [string, Answer, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'a wrong password',
    { status: 401, body: '{"error":"authorization failed"}' },
    { INFLUX_USER: 'u', INFLUX_PASSWORD: 'p' },
    /refuses to be written to: .*401.*Look at .*INFLUX_PASSWORD/,
  ],
  [
    'a database that is not there',
    { status: 404, body: '{"error":"database not found: \\"meter\\""}' },
    {},
    /refuses to be written to: .*database not found.*Look at INFLUX_DB/,
  ],
  [
    'a server that hangs up',
    'gone',
    {},
    /does not take points at the moment: .*Look at INFLUX_URL/,
  ],
];
for (const [situation, answer, settings, message] of refusals) {
  test(`${situation} ends it before the first line is read`, async (t) => {
    const database = await startStandInDatabase(t, () => answer);
    const done = await backfill(t, { ...settings, INFLUX_URL: database.url });
    assert.equal(done.code, 1);
    assert.match(done.stderr, message);
    assert.match(done.stderr, /Nothing has been read\./);
    assert.equal(database.writes, 0);
    assert.ok(done.seconds * 1000 < LIMIT_MS, `${done.seconds} s`);
  });
}

test('a closed port ends it before the first line is read', async (t) => {
  const done = await backfill(t, { INFLUX_URL: `http://127.0.0.1:${await freePort()}` });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /ECONNREFUSED.*Look at INFLUX_URL/);
  assert.ok(done.seconds * 1000 < LIMIT_MS, `${done.seconds} s`);
});

test('TLS on a plain port ends it before the first line is read', async (t) => {
  const { url } = await startStandInDatabase(t);
  const done = await backfill(t, { INFLUX_URL: url.replace('http:', 'https:') });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /INFLUX_URL/);
  assert.ok(done.seconds * 1000 < LIMIT_MS, `${done.seconds} s`);
});

test('a database that goes away is tried for --retry-for, and what was written is said', async (t) => {
  let taken = 0;
  const database = await startStandInDatabase(t, (points) => {
    if (points > 0) taken++;
    return taken > 2 ? 'gone' : { status: 204 };
  });
  const done = await backfill(t, { INFLUX_URL: database.url }, { retryForMs: 50 });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /Nothing was taken for 50ms: /);
  const until = /Every window before (\S+) is written, the rest is not\./.exec(done.stderr)?.[1];
  assert.ok(until !== undefined, done.stderr);
  const minutes = (Date.parse(until) - Date.UTC(2024, 2, 14)) / 60_000;
  assert.ok(minutes > 0 && minutes < LINES, until);
  assert.ok(database.sum('access_log_lines', 'lines') >= minutes, 'it says more than was written');
});

test('a stop in the middle ends it, and the same command again counts nothing twice', async (t) => {
  const stop = new AbortController();
  const database = await startStandInDatabase(t, (points) => {
    if (points > 0) stop.abort();
    return { status: 204 };
  });
  const stopped = await backfill(t, { INFLUX_URL: database.url }, { signal: stop.signal });
  assert.equal(stopped.code, 1);
  assert.match(stopped.stderr, /Stopped before the end\..*The same command again/);
  const lines = database.sum('access_log_lines', 'lines');
  assert.ok(lines > 0 && lines < LINES, `${lines} lines had been written`);
  const done = await backfill(t, { INFLUX_URL: database.url });
  assert.equal(done.code, 0, done.stderr);
  assert.equal(database.sum('access_log_lines', 'lines'), LINES);
  assert.equal(database.sum('access_log', 'count'), LINES);
});

test('points that are refused for good are a failure', async (t) => {
  const database = await startStandInDatabase(t, (points) =>
    points === 0
      ? { status: 204 }
      : {
          status: 400,
          body: '{"error":"partial write: field type conflict: input field \\"count\\" on measurement \\"access_log\\" is type integer, already exists as type float dropped=1"}',
        },
  );
  const done = await backfill(t, { INFLUX_URL: database.url });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /refused/);
});

test('the account says what was read, counted and written, and where', async (t) => {
  const database = await startStandInDatabase(t);
  const done = await backfill(t, { INFLUX_URL: database.url });
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /Read {6}\S*access\.log in \d+\.\d s, [\d,]+ lines a second/);
  assert.match(done.stderr, /Span {6}2024-03-14T00:00:00Z to 2024-03-16T01:59:00Z/);
  assert.match(done.stderr, /Lines {5}3,000: 3,000 counted, none unparsed/);
  assert.match(done.stderr, /Requests {2}3,000, errors 0 \(0\.00 %\), traffic 30\.0 kB/);
  assert.match(done.stderr, /Written {3}6,000 points of access to InfluxDB at http:\/\/127/);
});

test('the account as JSON stands alone on standard output', async (t) => {
  const database = await startStandInDatabase(t);
  const done = await backfill(t, { INFLUX_URL: database.url }, { json: true });
  const account = JSON.parse(done.stdout) as Account;
  assert.equal(done.stderr, '');
  assert.equal(account.lines, LINES);
  assert.equal(account.points, 6000);
  assert.equal(account.firstLine, '2024-03-14T00:00:00Z');
  assert.equal(account.trafficBytes, LINES * 10);
  assert.deepEqual([account.exitCode, account.problems, account.writtenUntil], [0, [], null]);
});

test('a time that selects nothing is said, with the time that there is', async (t) => {
  const done = await backfill(t, {}, { stdout: true, from: Date.UTC(2030, 0, 1) / 1000 });
  assert.equal(done.code, 0);
  assert.equal(done.stdout, '');
  assert.match(done.stderr, /no window begins in the time of --from and --to/);
  assert.match(done.stderr, /2024-03-14T00:00:00Z to 2024-03-16T01:59:00Z/);
});

test('standard input is read, and NAME= names its log', async (t) => {
  const named = await backfill(t, {}, { stdout: true, files: ['shop=-'], stdin: logText() });
  assert.equal(named.code, 0, named.stderr);
  assert.match(named.stderr, /Read {6}standard input/);
  assert.match(named.stdout, /^access_log,host=h,log=shop,/m);
  const unnamed = await backfill(t, {}, { stdout: true, files: ['-'], stdin: logText() });
  assert.equal(unnamed.stdout, named.stdout.replaceAll('log=shop', 'log=stdin'));
});
