import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkCommand } from '../../../src/cli/check.ts';
import { pointedLine } from '../../../src/cli/check/pointed-line.ts';
import { loadConfig } from '../../../src/config/config.ts';
import { asNobody, lockFolder } from '../../support/as-nobody.ts';
import { FakeClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const GOOD = '192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.11.0"';

interface Checked {
  readonly code: number;
  readonly text: string;
}

async function check(
  environment: Readonly<Record<string, string>>,
  file?: string,
): Promise<Checked> {
  let text = '';
  const output = { write: (part: string) => void (text += part) };
  const code = await checkCommand(file, loadConfig(environment), output, {
    clock: new FakeClock(),
    isOffline: true,
  });
  return { code, text };
}

function logFile(t: TestContext, lines: readonly string[]): string {
  const path = join(temporaryFolder(t), 'access.log');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''), 'latin1');
  return path;
}

test('a file that fits is well, and the missing $request_time is spelled out to paste', async (t) => {
  const { code, text } = await check({}, logFile(t, [GOOD, GOOD]));
  assert.equal(code, 0, text);
  assert.match(text, /2 lines, 2 can be read \(100\.00 %\); format combined\./);
  assert.match(text, /no \$request_time \(latency\), \$request_length/);
  const directive = /log_format (\w+)(?:\s*'[^']*')+;/.exec(text)?.[0] ?? '';
  assert.ok(directive.includes('$request_time'), text);
  // What is to be pasted is itself a format that the meter takes.
  assert.notEqual(loadConfig({ LOG_FORMAT: directive }), undefined);
  assert.match(text, /access_log \/var\/log\/nginx\/access\.log meter;/);
  assert.match(text, /Configuration OK\.\n$/);
});

test('each kind of fault has its count, its first example and a caret at the byte', async (t) => {
  const noTime = GOOD.replace('02/Jan', '32/Jan');
  const file = logFile(t, [GOOD, noTime, 'nonsense', GOOD.replace(' 200 ', ' 2x0 '), noTime, '']);
  const { code, text } = await check({ LOG_FORMAT: 'combined' }, file);
  assert.equal(code, 1);
  assert.match(text, /6 lines, 1 can be read \(16\.67 %\)/);
  assert.match(text, /2 lines: the timestamp is no time \(time\)\. The first is line 2:/);
  assert.match(text, /1 line: not the form of the format \(shape\)\. The first is line 3:/);
  assert.match(text, /1 line: .* \(status\)\. The first is line 4:/);
  assert.match(text, /1 line: an empty line \(empty\)\. The first is line 6:/);
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.includes('expected a status of three digits'));
  assert.equal(lines[at]?.indexOf('^'), lines[at - 1]?.indexOf('2x0'), text);
  assert.match(text, /Problems found, see above\.\n$/);
});

test('a compressed file is read too', async (t) => {
  const path = join(temporaryFolder(t), 'access.log.2.gz');
  writeFileSync(path, gzipSync(`${GOOD}\n`.repeat(1000)));
  const { code, text } = await check({}, path);
  assert.equal(code, 0, text);
  assert.match(text, /1000 lines, 1000 can be read/);
});

test('an over-long line and one from the future are counted with their reason', async (t) => {
  const file = logFile(t, ['x'.repeat(5000), GOOD.replace('2026', '2031')]);
  const { code, text } = await check({ MAX_LINE_BYTES: '4KiB', LOG_FORMAT: 'combined' }, file);
  assert.equal(code, 1);
  assert.match(text, /longer than MAX_LINE_BYTES \(overlong\)\. The first is line 1:/);
  assert.match(text, /more than a day ahead of the clock \(future\)\. The first is line 2:/);
});

test('nothing of a line reaches the terminal as it is', async (t) => {
  const hostile = '\u001b[2J\u001b]0;title\u0007 \u009b31m \u0000 \u00e2\u0080\u00ae';
  const { text } = await check({ LOG_FORMAT: 'combined' }, logFile(t, [hostile]));
  assert.ok(text.includes('\\x1b[2J'), text);
  assert.equal(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text), false);
});

test('a file of no known format says to set LOG_FORMAT', async (t) => {
  const { code, text } = await check({}, logFile(t, ['2026-01-02 GET / 200', 'again']));
  assert.equal(code, 1);
  assert.match(text, /no format that is known; set LOG_FORMAT to the log_format of nginx\.conf/);
});

test('a file that is not there', async (t) => {
  const { code, text } = await check({}, join(temporaryFolder(t), 'none.log'));
  assert.equal(code, 1);
  assert.match(text, /none\.log does not exist\./);
});

test('each log is named with its size and format, or with its trouble and the remedy', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'shop.log'), `${GOOD}\n`);
  writeFileSync(join(folder, 'empty.log'), '');
  symlinkSync('/dev/stdout', join(folder, 'docker.log'));
  mkdirSync(join(folder, 'folder.log'));
  const { code, text } = await check({
    LOG_PATHS: ['shop', 'empty', 'docker', 'folder', 'missing']
      .map((name) => join(folder, `${name}.log`))
      .join(','),
  });
  assert.equal(code, 1);
  assert.match(text, /\n {2}shop: \S+shop\.log, 85 bytes, format combined\.\n/);
  assert.match(text, /\n {2}empty: \S+empty\.log, 0 bytes, its format is not known yet/);
  assert.match(text, /\n {2}docker: .*symbolic link to \/dev\/stdout.*mount a volume/);
  assert.match(text, /\n {2}folder: .*not a file/);
  assert.match(text, /\n {2}missing: .*does not exist/);
});

test('a glob that matches nothing is said', async (t) => {
  const { code, text } = await check({ LOG_PATHS: join(temporaryFolder(t), '*.log') });
  assert.equal(code, 1);
  assert.match(text, /no file matches LOG_PATHS/);
});

test('the database is shown without the secret, and warnings are passed on', async (t) => {
  const { text } = await check(
    {
      INFLUX_URL: 'http://influx:8086',
      INFLUX_DB: 'nginx',
      INFLUX_USER: 'writer',
      INFLUX_PASSWORD: 'hunter2',
      LOG_PATH: '/x',
    },
    logFile(t, [GOOD]),
  );
  assert.match(text, /Database: InfluxDB 1 at http:\/\/influx:8086, database nginx/);
  assert.match(text, /INFLUX_PASSWORD=\[redacted\]/);
  assert.equal(text.includes('hunter2'), false);
  assert.match(text, /Warning: LOG_PATH is no setting and was ignored\. Did you mean LOG_PATHS\?/);
});

const REMEDY = new RegExp(
  `\\. Set STATE_DIR to a folder that user ${process.getuid?.()} may read and write, or see to it that this is one\\.`,
);

for (const [situation, name, problem] of [
  ['a file', 'file', /^State: \S+file, which is no folder/m],
  ['below a file', 'file/a/b', /which cannot be made: \S+file is no folder/],
  [
    'a link to nothing',
    'link',
    /link, which is a symbolic link to \S+nowhere, which does not exist/,
  ],
  [
    'below a link to nothing',
    'link/a',
    /which cannot be made: \S+link is a symbolic link to \S+nowhere, which does not exist/,
  ],
  ['a link to itself', 'loop', /which cannot be written \(ELOOP\)/],
] as const) {
  test(`a state folder that is ${situation} is not well, and the remedy is said`, async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'file'), '', { mode: 0o777 });
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    symlinkSync('loop', join(folder, 'loop'));
    const { code, text } = await check({ STATE_DIR: join(folder, name) }, logFile(t, [GOOD]));
    assert.equal(code, 1, text);
    assert.match(text, problem);
    assert.match(text, REMEDY);
    assert.match(text, /Problems found, see above\.\n$/);
  });
}

test('a state folder that cannot be written, or not be made, is not well', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, async (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o500);
  const here = await check({ STATE_DIR: folder }, logFile(t, [GOOD]));
  assert.equal(here.code, 1, here.text);
  assert.match(here.text, /which cannot be written \(EACCES\)\. Set STATE_DIR/);
  const below = await check({ STATE_DIR: join(folder, 'a', 'b') }, logFile(t, [GOOD]));
  assert.equal(below.code, 1, below.text);
  assert.match(
    below.text,
    /which cannot be made: \S+ cannot be written \(EACCES\)\. Set STATE_DIR/,
  );
});

test('a state folder that is missing under one that can be written is well', async (t) => {
  const dir = join(temporaryFolder(t), 'a', 'b');
  const { code, text } = await check({ STATE_DIR: dir }, logFile(t, [GOOD]));
  assert.equal(code, 0, text);
  assert.match(text, /which does not exist yet and will be made\./);
});

test('a folder that may not be read is no empty folder', async (t) => {
  const folder = temporaryFolder(t);
  const locked = join(folder, 'locked');
  mkdirSync(locked);
  writeFileSync(join(locked, 'a.log'), '');
  lockFolder(t, locked);
  const checked = (paths: string) => asNobody(() => check({ LOG_PATHS: join(folder, paths) }));
  const { code, text } = await checked('locked/*.log');
  assert.equal(code, 1);
  assert.ok(text.includes(`  The folder ${locked} cannot be read (EACCES), so no log in it`), text);
  assert.match(text, /group_add/);
  assert.doesNotMatch(text, /no file matches/);
  mkdirSync(join(folder, 'open'));
  writeFileSync(join(folder, 'open/a.log'), '');
  const many = await checked('*/a.log');
  assert.equal(many.code, 0, 'it may have nothing to do with logs');
  assert.ok(many.text.includes(`  Note: The folder ${locked} cannot be read`), many.text);
});

test('what a client can shift in a format is said', async (t) => {
  const format = '$remote_addr [$time_local] $request $http_user_agent $status $body_bytes_sent';
  const { text } = await check({ LOG_FORMAT: format }, logFile(t, []));
  assert.match(
    text,
    /Format custom: \$request and \$http_user_agent stand in one stretch without quotes/,
  );
});

test('a format without the variable of CLIENT_IP_FROM is trouble, said once for each', async (t) => {
  const folder = temporaryFolder(t);
  const CLIENT_IP_FROM = '$http_x_forwarded_for:2';
  const json = (more: string) => `{"time":"2026-01-02T03:04:00+00:00","status":200${more}}\n`;
  const logs = {
    plain: `${GOOD}\n`,
    other: `${GOOD}\n`,
    main: `${GOOD} "192.0.2.9"\n`,
    bare: json(''),
    named: json('') + json(',"xff":"192.0.2.9"'),
    odd: 'nonsense\n',
  };
  for (const [name, text] of Object.entries(logs)) writeFileSync(join(folder, `${name}.log`), text);
  const pathOf = (name: string) => join(folder, `${name}.log`);
  const LOG_PATHS = Object.keys(logs).map(pathOf).join(',');
  const lacking = ({ text }: Checked) => text.match(/^.* has no \$http_x_forwarded_for.*$/gm) ?? [];
  const many = lacking(await check({ CLIENT_IP_FROM, LOG_PATHS }));
  assert.equal(many.length, 2);
  assert.match(many[0] ?? '', /^The format combined of the logs plain, other has no \$http/);
  assert.match(many[1] ?? '', /^The format json of the log bare has no .*LOG_JSON_KEYS/);
  // A format that was set is enough, also where no log can be read.
  const set = await check({ CLIENT_IP_FROM: 'foo', LOG_FORMAT: 'combined', LOG_PATHS: '-' });
  assert.equal(set.code, 1);
  assert.match(set.text, /\nThe format combined has no \$foo, .* take CLIENT_IP_FROM back\.\n/);
  const file = await check({ CLIENT_IP_FROM }, pathOf('plain'));
  assert.equal(file.code, 1);
  assert.equal(lacking(file).length, 1);
  for (const more of [{ CLIENT_IP: 'off' }, { DIMENSION_WINDOW: 'off' }]) {
    const unused = await check({ CLIENT_IP_FROM, ...more }, pathOf('plain'));
    assert.equal(unused.code, 0, unused.text);
  }
  assert.equal((await check({ CLIENT_IP_FROM }, pathOf('main'))).code, 0);
  assert.equal((await check({ CLIENT_IP_FROM }, pathOf('named'))).code, 0);
});

test('nothing of a format reaches the terminal as it is, and the block to paste keeps its lines', async () => {
  const LOG_FORMAT = '$remote_addr [$time_local] "$request" $status \u001b[31m\u009b1m\u202e|$msec';
  const { text } = await check({ LOG_FORMAT });
  assert.ok(text.includes(`$status \\x1b[31m\\x9b1m\\u202e|$msec`), text);
  assert.equal(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text), false);
  assert.match(text, /\n {4}log_format meter\n {8}'\$remote_addr .*'\n(?: {8}'.*'\n)* {8}'.*';\n/);
});

test('the caret stands under the byte, whatever stands before it', () => {
  const caretOf = (text: string, at: number) => {
    const [shown, caret] = pointedLine(Buffer.from(text), at);
    return [shown, caret.length - 1] as const;
  };
  assert.deepEqual(caretOf('abcdef', 2), ['abcdef', 2]);
  assert.deepEqual(caretOf('abc', 3), ['abc', 3]);
  assert.deepEqual(caretOf('abc', 99), ['abc', 3]);
  assert.deepEqual(caretOf('\u001bx', 1), ['\\x1bx', 4]);
  assert.deepEqual(caretOf('é!', 2), ['é!', 1]);
  const [shown, column] = caretOf('ü'.repeat(100) + '!' + 'z'.repeat(100), 200);
  assert.equal(shown[column], '!');
  assert.ok(shown.startsWith('…ü') && shown.endsWith('z…'));
});

test('each format of a file is named with its share, and the one of most lines is advised on', async (t) => {
  const common = GOOD.replace(' "-" "curl/8.11.0"', '');
  const { text } = await check({}, logFile(t, [GOOD, GOOD, GOOD, common]));
  assert.match(text, /formats combined \(75\.0 %, 3 lines\) and common \(25\.0 %, 1 line\)\./);
  assert.match(text, /Format combined has no \$request_time/);
});

test("nginx's error log is said to be one, and how it is left out", async (t) => {
  const line = '2026/11/30 10:00:00 [error] 123#123: *7 open() failed (2: No such file)';
  const { code, text } = await check({}, logFile(t, [line, line]));
  assert.equal(code, 0, text);
  assert.match(text, /nginx's error log\. .*LOG_PATHS name the access logs alone/);
});

test('an object without a known status is explained by its keys', async (t) => {
  const { text } = await check({}, logFile(t, ['{"time":"2026-01-02T03:04:05Z","answer":200}']));
  assert.match(text, /key for the status.*the keys are time, answer\. LOG_JSON_KEYS/);
});

test('a secret in the path of INFLUX_URL is not shown', async (t) => {
  const settings = { INFLUX_URL: 'http://influx:8086/hunter2', INFLUX_DB: 'nginx' };
  const { text } = await check(settings, logFile(t, [GOOD]));
  assert.match(text, /at http:\/\/influx:8086\/…, database nginx/);
  assert.ok(!text.includes('hunter2'), text);
});
