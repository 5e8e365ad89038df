import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

const GOOD = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n';
const ODD = '2024-03-14 GET / 200\n';

async function backfill(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
) {
  const cwd = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const done = await runMeter(['backfill', '--stdout', ...more, ...Object.keys(files)], {
    cwd,
    env,
  });
  const warnings = done.stderr
    .split('\n')
    .filter((line) => line.includes('"level":"warn"'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { ...done, warnings };
}

test('not one line that fits is exit code 1, and a warning says how to find out why', async (t) => {
  const { code, stdout, stderr, warnings } = await backfill(t, { 'shop.log': ODD.repeat(20) });
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  assert.equal(warnings.length, 1, stderr);
  const message = String(warnings[0]?.['msg']);
  assert.match(message, /^20 of the 20 lines of shop\.log /);
  assert.match(message, /Set LOG_FORMAT to the log_format of nginx\.conf/);
  assert.match(message, /`nginx-meter check shop\.log` shows where such lines stop matching/);
  assert.equal(warnings[0]?.['subject'], 'shop.log');
});

test('one file of a log in another format is named, and the others count', async (t) => {
  const files = { 'access.log.1': ODD.repeat(30) + GOOD, 'access.log': GOOD.repeat(40) };
  const strict = await backfill(t, files);
  assert.equal(strict.code, 1);
  assert.match(
    strict.stderr,
    /30 of 71 lines cannot be read, which is more than --max-unparsed 1%/,
  );
  const { code, stdout, stderr, warnings } = await backfill(t, files, {}, [
    '--max-unparsed',
    '50%',
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /count=41i/, stdout);
  assert.deepEqual(
    warnings.map(({ subject }) => subject),
    ['access.log.1'],
  );
  assert.match(String(warnings[0]?.['msg']), /^30 of the 31 lines of access\.log\.1 /);
});

test('a few odd lines, lines that are ignored and an empty file are nothing to warn of', async (t) => {
  const some = await backfill(t, { 'a.log': GOOD.repeat(20) + ODD, 'b.log': '' });
  assert.deepEqual([some.code, some.warnings], [0, []], some.stderr);
  const none = await backfill(t, { 'a.log': GOOD }, { IGNORE: '/' });
  assert.deepEqual([none.code, none.warnings], [0, []], none.stderr);
  assert.match(none.stderr, /1 ignored by IGNORE/);
});

test('lines from the future fit the format, so it is not blamed', async (t) => {
  const { code, stderr, warnings } = await backfill(t, { 'a.log': GOOD.replace('2024', '2094') });
  assert.equal(code, 1, stderr);
  assert.deepEqual(
    warnings.map(({ unparsed_future }) => unparsed_future),
    [1],
  );
  assert.doesNotMatch(String(warnings[0]?.['msg']), /LOG_FORMAT/);
});
