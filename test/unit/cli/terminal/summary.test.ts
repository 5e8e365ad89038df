import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantileMs, Summary } from '../../../../src/cli/terminal/summary.ts';
import { FakeClock } from '../../../support/clock.ts';
import { healthyStatus, logFigures, writerFigures } from '../../../support/meter-status.ts';
import { sealedWindow, siteTotals } from '../../../support/sealed-window.ts';

const NOW_S = 1_795_374_000;
const PLAIN = { color: false };

function setUp(windowS = 10) {
  const clock = new FakeClock(NOW_S * 1000);
  return { clock, summary: new Summary({ windowS, clock }) };
}

/** The cells of the row that begins with `first`. */
function row(lines: readonly string[], first: string): string[] {
  const line = lines.find((candidate) => candidate.startsWith(first));
  assert.ok(line !== undefined, `no row ${first} in\n${lines.join('\n')}`);
  return line.trim().split(/\s{2,}/);
}

test('rates come from the counters and move before any window is over', () => {
  const { summary } = setUp();
  summary.render(healthyStatus({ uptimeMs: 1000, logs: [logFigures({ counted: 0 })] }), PLAIN);
  const lines = summary.render(
    healthyStatus({ uptimeMs: 3000, logs: [logFigures({ counted: 500 })] }),
    PLAIN,
  );
  assert.deepEqual(row(lines, 'access'), [
    'access',
    '250',
    '–',
    '–',
    '–',
    '–',
    '812 ms',
    'combined',
  ]);
});

test('errors, percentiles and sites come from the last windows', () => {
  const { summary } = setUp();
  const site = siteTotals('shop.example', 100, 3, 12);
  summary.add([sealedWindow(NOW_S - 11, [site, siteTotals('api.example', 300, 0, 128)])]);
  const lines = summary.render(healthyStatus(), PLAIN);
  assert.deepEqual(row(lines, 'access').slice(2, 6), ['0.8 %', '106 ms', '126 ms', '40.0 kB']);
  assert.deepEqual(row(lines, 'shop.example'), [
    'shop.example',
    '10.0',
    '3.0 %',
    '9.8 ms',
    '12 ms',
    '10.0 kB',
  ]);
  const api = lines.findIndex((line) => line.startsWith('api.example'));
  assert.ok(api < lines.findIndex((line) => line.startsWith('shop.example')), 'busiest first');
});

test('windows of a second are added up over ten', () => {
  const { summary } = setUp(1);
  for (let age = 30; age > 0; age--) {
    summary.add([
      sealedWindow(NOW_S - age, [siteTotals('a', age <= 10 ? 5 : 900)], { windowS: 1 }),
    ]);
  }
  assert.deepEqual(row(summary.render(healthyStatus(), PLAIN), 'a ').slice(0, 2), ['a', '5.0']);
});

test('a window that is handed over again replaces itself', () => {
  const { summary } = setUp();
  summary.add([sealedWindow(NOW_S - 11, [siteTotals('a', 100)])]);
  summary.add([sealedWindow(NOW_S - 11, [siteTotals('a', 110)])]);
  assert.equal(row(summary.render(healthyStatus(), PLAIN), 'a ')[1], '11.0');
});

test('old windows are not shown as if they were now', async () => {
  const { clock, summary } = setUp();
  summary.add([sealedWindow(NOW_S - 11, [siteTotals('a', 100)])]);
  await clock.advance(60_000);
  const lines = summary.render(healthyStatus(), PLAIN);
  assert.equal(
    lines.some((line) => line.startsWith('a ')),
    false,
  );
});

test('without $request_time there are no percentiles', () => {
  const { summary } = setUp();
  summary.add([sealedWindow(NOW_S - 11, [siteTotals('a', 100, 10)])]);
  assert.deepEqual(row(summary.render(healthyStatus(), PLAIN), 'a ').slice(2, 5), [
    '10.0 %',
    '–',
    '–',
  ]);
});

test('the accounting, the spool, the database and every trouble are shown', () => {
  const { summary } = setUp();
  const logs = [logFigures({ trouble: 'It is gone.', caughtUp: false, unreadBytes: 5_000_000 })];
  const lines = summary.render(healthyStatus({ logs, writer: undefined }), PLAIN);
  const text = lines.join('\n');
  assert.match(text, /lines 512 = 500 counted \+ 9 unparsed \+ 1 late \+ 2 filtered/);
  assert.match(text, /spool 31 batches, 2\.0 kB of 268\.4 MB {2}database none/);
  assert.match(text, /! \/var\/log\/nginx\/access\.log: It is gone\./);
  assert.match(text, /5\.0 MB to read/);
  const writer = writerFigures({ rejectedPoints: 2 });
  const rejected = summary.render(healthyStatus({ writer }), PLAIN).join('\n');
  assert.match(rejected, /database http:\/\/influxdb:8086 idle, 93 written, 2 rejected/);
});

test('several files of one log are one row', () => {
  const { summary } = setUp();
  const logs = [logFigures({ path: '/a' }), logFigures({ path: '/b' })];
  const text = summary.render(healthyStatus({ logs }), PLAIN).join('\n');
  assert.match(text, /lines 512 = 500 counted/);
  assert.equal(text.match(/^access /gm)?.length, 1);
});

test('a site with escape sequences is shown as text, and colours can be left out', () => {
  const { summary } = setUp();
  summary.add([sealedWindow(NOW_S - 11, [siteTotals('\u001b[2Jevil\u202e', 100, 50)])]);
  const plain = summary.render(healthyStatus(), PLAIN).join('\n');
  assert.ok(plain.includes('\\x1b[2Jevil\\u202e'));
  assert.equal(plain.includes('\u001b'), false);
  assert.ok(summary.render(healthyStatus(), { color: true }).join('\n').includes('\u001b[31m'));
});

test('the quantile of a bin lies within the bin', () => {
  assert.equal(quantileMs([0, 0, 0, 0], 0.5), 0);
  const bins = new Array<number>(33).fill(0);
  bins[13] = 10;
  for (const quantile of [0.01, 0.5, 0.99, 1]) {
    const value = quantileMs(bins, quantile);
    assert.ok(value > 96 && value <= 128, `${value}`);
  }
  bins.fill(0)[32] = 5;
  assert.equal(quantileMs(bins, 0.5), 65_536);
});
