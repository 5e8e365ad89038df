import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { StateLock } from '../../../src/state/state-lock.ts';
import { defer } from '../../support/defer.ts';
import { dispatched } from '../../support/dispatched.ts';
import { type Answer, startStandInDatabase } from '../../support/stand-in-database.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const LINE = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"';
const COMMON = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1';

interface Report {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  readonly database: { readonly isAsked: boolean; readonly takesPoints?: boolean } | null;
  readonly listen?: { readonly isFree: boolean };
  readonly state: { readonly usedByPid: string | null };
  readonly file?: {
    readonly parsed: number;
    readonly formats: readonly { readonly format: string; readonly lines: number }[];
  };
}

function logFile(t: TestContext, lines: readonly string[]): string {
  const path = join(temporaryFolder(t), 'access.log');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

async function check(
  t: TestContext,
  settings: Readonly<Record<string, string>>,
  words: readonly string[] = [],
): Promise<Report & { readonly code: number }> {
  const environment = {
    STATE_DIR: join(temporaryFolder(t), 'state'),
    LISTEN: 'off',
    LOG_PATHS: logFile(t, [LINE]),
    ...settings,
  };
  const { code, stdout } = await dispatched(['check', '--json', ...words], environment);
  return { code, ...(JSON.parse(stdout) as Report) };
}

const answers: readonly (readonly [string, Answer, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'user',
    { status: 401, body: '{"error":"authorization failed"}' },
    { INFLUX_DB: 'm', INFLUX_USER: 'u', INFLUX_PASSWORD: 'p' },
    /INFLUX_PASSWORD/,
  ],
  [
    'database',
    { status: 404, body: '{"error":"database not found: \\"m\\""}' },
    { INFLUX_DB: 'm' },
    /INFLUX_DB/,
  ],
  [
    'token',
    { status: 401, body: '{"code":"unauthorized","message":"unauthorized access"}' },
    { INFLUX_BUCKET: 'b', INFLUX_ORG: 'o', INFLUX_TOKEN: 't' },
    /INFLUX_TOKEN/,
  ],
  [
    'bucket',
    { status: 404, body: '{"code":"not found","message":"bucket \\"b\\" not found"}' },
    { INFLUX_BUCKET: 'b', INFLUX_ORG: 'o', INFLUX_TOKEN: 't' },
    /INFLUX_BUCKET/,
  ],
  [
    'organisation',
    { status: 404, body: '{"code":"not found","message":"organization name \\"o\\" not found"}' },
    { INFLUX_BUCKET: 'b', INFLUX_ORG: 'o', INFLUX_TOKEN: 't' },
    /INFLUX_ORG/,
  ],
];
for (const [what, answer, settings, setting] of answers) {
  test(`a wrong ${what} is named by its setting`, async (t) => {
    const { url } = await startStandInDatabase(t, () => answer);
    const { code, problems, database } = await check(t, { ...settings, INFLUX_URL: url });
    assert.equal(code, 1);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', setting);
    assert.deepEqual([database?.isAsked, database?.takesPoints], [true, false]);
  });
}

test('a database that takes points is well, and nothing was written to it', async (t) => {
  const database = await startStandInDatabase(t);
  const report = await check(t, { INFLUX_URL: database.url, INFLUX_DB: 'm' });
  assert.deepEqual([report.code, report.ok, report.problems], [0, true, []]);
  assert.equal(report.database?.takesPoints, true);
  assert.equal(database.writes, 0);
});

test('--offline asks nobody', async (t) => {
  const settings = { INFLUX_URL: 'http://database.invalid:8086', INFLUX_DB: 'm' };
  const { code, database } = await check(t, settings, ['--offline']);
  assert.deepEqual([code, database?.isAsked], [0, false]);
});

test('a port that is taken is said with the process that has it, unless it is the meter that runs', async (t) => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  defer(t, () => {
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const LISTEN = `127.0.0.1:${address.port}`;
  const taken = await check(t, { LISTEN });
  assert.equal(taken.code, 1);
  assert.match(taken.problems[0] ?? '', /LISTEN 127\.0\.0\.1:\d+ is taken by /);
  if (process.platform === 'linux') {
    assert.match(taken.problems[0] ?? '', new RegExp(`by process ${process.pid} `));
  }
  const STATE_DIR = temporaryFolder(t);
  const lock = await StateLock.acquire(STATE_DIR, () => {});
  const running = await check(t, { LISTEN, STATE_DIR });
  await lock.release();
  assert.deepEqual([running.code, running.state.usedByPid], [0, String(process.pid)]);
  assert.match(running.notes[0] ?? '', /is in use by the nginx-meter with pid \d+, which runs/);
});

test('a log with lines of several formats is said with all of them, the one of most lines first', async (t) => {
  const { file } = await check(t, {}, [logFile(t, [LINE, LINE, LINE, COMMON])]);
  assert.deepEqual(file?.formats, [
    { format: 'combined', lines: 3 },
    { format: 'common', lines: 1 },
  ]);
});

test('a wrong LOG_FORMAT gets the name of the format that the lines have', async (t) => {
  const path = logFile(t, [LINE, LINE]);
  const { code, problems } = await check(t, { LOG_FORMAT: 'vhost', LOG_PATHS: path }, [path]);
  assert.equal(code, 1);
  assert.ok(
    problems.some((text) => text.startsWith('These lines are combined: set LOG_FORMAT=combined')),
  );
});

test('a file that nginx.conf names has the format that it has there, for check and backfill', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'piped.log');
  writeFileSync(path, '192.0.2.1|10/Oct/2024:13:00:00 +0800|GET /a HTTP/1.1|200|55\n'.repeat(3));
  const conf = join(folder, 'nginx.conf');
  const format = `log_format piped '$remote_addr|$time_local|$request|$status|$body_bytes_sent';`;
  writeFileSync(conf, `events {}\nhttp {\n${format}\naccess_log ${path} piped;\n}\n`);
  const { file } = await check(t, { NGINX_CONF: conf, LOG_PATHS: '' }, [path]);
  assert.equal(file?.parsed, 3);
  const environment = { NGINX_CONF: conf, STATE_DIR: join(folder, 'state') };
  for (const [name, copy] of [
    ['it', path],
    ['its rotated file', `${path}.1`],
    ['a copy', join(folder, 'copy.log')],
  ] as const) {
    if (copy !== path)
      writeFileSync(
        copy,
        '192.0.2.1|10/Oct/2024:13:00:00 +0800|GET /a HTTP/1.1|200|55\n'.repeat(3),
      );
    const done = await dispatched(['backfill', '--stdout', copy], environment);
    assert.equal(done.code, 0, `${name}: ${done.stderr}`);
    assert.match(done.stdout, /count=3i/, name);
  }
});
