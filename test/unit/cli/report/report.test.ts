import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { before, test, type TestContext } from 'node:test';
import type { Summary } from '../../../../src/summary/model.ts';
import { PROJECT_ROOT } from '../../../support/project.ts';
import { reportLog } from '../../../support/report-log.ts';
import { reportOf } from '../../../support/report-of.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

const LINES = 2000;
/** Escape, and the marks that turn text round. */
const DANGEROUS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

let log: Buffer;
before(() => {
  log = reportLog(LINES);
});

function logFile(t: TestContext, name = 'access.log', bytes = log): string {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, bytes);
  return path;
}

/** What depends on the machine, made the same. */
function steady(text: string, path: string): string {
  return text
    .replaceAll(path, 'access.log')
    .replace(/, \d+(?:\.\d)? m?s(?=\n)/, ', 90 ms')
    .replace(/"tookMs":\d+/, '"tookMs":90');
}

function assertGolden(name: string, text: string): void {
  const path = join(PROJECT_ROOT, 'test/unit/cli/report', name);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
}

for (const columns of [80, 120, 200]) {
  test(`a report on a terminal of ${columns} columns`, async (t) => {
    const path = logFile(t);
    const { code, stdout } = await reportOf({ files: [path], top: 5 }, { columns });
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, DANGEROUS);
    // The name of the file alone may be longer.
    const lines = stdout.split('\n').slice(1);
    assert.ok(Math.max(...lines.map((line) => Array.from(line).length)) <= columns);
    assertGolden(`terminal-${columns}.txt`, steady(stdout, path));
  });
}

test('as JSON, with a version', async (t) => {
  const path = logFile(t);
  const { stdout } = await reportOf({ files: [path], json: true, top: 3 });
  const summary = JSON.parse(stdout) as Summary;
  assert.equal(summary.version, 1);
  assert.equal(summary.totals.requests, LINES + 2);
  assertGolden(
    'summary.json.txt',
    steady(`${JSON.stringify(summary, null, 1)}\n`, path).replace(/"tookMs": \d+/, '"tookMs": 90'),
  );
});

test('as HTML, in which what strangers wrote is text', async (t) => {
  const path = logFile(t);
  const html = join(temporaryFolder(t), 'report.html');
  const { code, stdout } = await reportOf({ files: [path], html, top: 5 });
  assert.deepEqual([code, stdout], [0, '']);
  const text = readFileSync(html, 'utf8');
  assert.doesNotMatch(text, /<script|<img|<b>/);
  assert.doesNotMatch(text.replaceAll('\n', ''), DANGEROUS);
  assertGolden('report.html', steady(text, path));
});

test('compressed, in parts and in any order: the same report', async (t) => {
  const lines = log.toString('latin1').split('\n').slice(0, -1);
  const reversed = Buffer.from(`${lines.toReversed().join('\n')}\n`, 'latin1');
  // Not between the hostile lines: by such a one alone no format is recognised.
  const half = Math.floor(lines.length / 4);
  const part = (from: number, to: number) =>
    Buffer.from(`${lines.slice(from, to).join('\n')}\n`, 'latin1');
  const variants = [
    [logFile(t)],
    [logFile(t, 'access.log', reversed)],
    [logFile(t, 'access.log.gz', gzipSync(log))],
    [logFile(t, 'access.log.zst', zstdCompressSync(log))],
    [logFile(t, 'access.log', part(half, lines.length)), logFile(t, 'access.log.1', part(0, half))],
  ];
  const summaries: Omit<Summary, 'origin' | 'gaps'>[] = [];
  for (const files of variants) {
    const { code, stdout } = await reportOf({ files, json: true });
    assert.equal(code, 0, files.join());
    const { origin, gaps, ...rest } = JSON.parse(stdout) as Summary;
    assert.equal(origin.kind, 'files');
    assert.equal(gaps.unparsed[0]?.lines, 1);
    summaries.push(rest);
  }
  for (const one of summaries.slice(1)) assert.deepEqual(one, summaries[0]);
});

test('a part of the time, and one site', async (t) => {
  const files = [logFile(t)];
  const noonS = Date.UTC(2025, 10, 29, 12) / 1000;
  const afternoon = await reportOf({ files, json: true, from: noonS, site: 'blog.example' });
  const { totals, sites, span } = JSON.parse(afternoon.stdout) as Summary;
  const expected = log
    .toString('latin1')
    .split('\n')
    .filter((line) =>
      /:(?:1[2-9]|2[0-3]):\d\d:\d\d \+0000\].*site="blog\.example"/.test(line),
    ).length;
  assert.equal(totals.requests, expected);
  assert.deepEqual(
    sites.map(({ site }) => site),
    ['blog.example'],
  );
  assert.equal(span.fromS, noonS);
});

test('what does not fit at all is exit code 1, with an example; a missing file too', async (t) => {
  const odd = logFile(t, 'odd.log', Buffer.from('\u001b[31mno log\nat all\n'));
  const { code, stdout } = await reportOf({ files: [odd] });
  assert.equal(code, 1);
  assert.match(stdout, /Unparsed lines by reason: shape 2\.\n {2}for example: \\x1b\[31mno log/);
  const missing = await reportOf({ files: [join(temporaryFolder(t), 'none.log')] });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /none\.log/);
});
