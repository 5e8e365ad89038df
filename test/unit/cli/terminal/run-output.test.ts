import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRunOutput } from '../../../../src/cli/terminal/run-output.ts';
import { loadConfig } from '../../../../src/config/config.ts';
import { FakeClock } from '../../../support/clock.ts';
import { healthyStatus } from '../../../support/meter-status.ts';
import { Screen } from '../../../support/screen.ts';
import { sealedWindow, siteTotals } from '../../../support/sealed-window.ts';

const START_S = 1_795_374_000;

function pipe() {
  const stream = { text: '', write: (part: string) => void (stream.text += part) };
  return stream;
}

function linesOf(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('on a terminal the log stands above the summary, and the cursor comes back', async () => {
  const screen = new Screen();
  const output = await openRunOutput(screen, loadConfig({}), new FakeClock(START_S * 1000));
  output.show(() => healthyStatus());
  output.onWindows([sealedWindow(START_S - 11, [siteTotals('a', 100)])]);
  output.notify({ code: 'log-missing', subject: '/x', message: 'It is missing.' });
  output.close();
  const notify = screen.lines.findIndex((line) => line.includes('It is missing.'));
  const summary = screen.lines.findIndex((line) => line.startsWith('nginx-meter'));
  assert.ok(notify >= 0 && summary > notify, screen.lines.join('\n'));
  assert.equal(
    screen.lines.some((line) => line.includes('Window written')),
    false,
  );
  assert.equal(screen.isCursorShown, true);
});

test('without a terminal every window is a line, and nothing else is written', async () => {
  const stream = pipe();
  const output = await openRunOutput(stream, loadConfig({}), new FakeClock());
  output.show(() => healthyStatus());
  output.onWindows([
    sealedWindow(START_S, [siteTotals('a', 100, 5, 12), siteTotals('b', 50, 0, 40)]),
  ]);
  output.close();
  const [line, ...rest] = linesOf(stream.text);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    { ...line, time: '' },
    {
      level: 'info',
      time: '',
      log: 'access',
      window: '2026-11-22T19:00:00.000Z',
      requests: 150,
      perSecond: 15,
      errors: 5,
      p95MsOfSlowestSite: 40,
      traffic: 150_000,
      sites: 2,
      unparsed: 0,
      late: 0,
      lagMs: 0,
      msg: 'Window written.',
    },
  );
});

test('hundreds of windows at once are one line', async () => {
  const stream = pipe();
  const output = await openRunOutput(stream, loadConfig({}), new FakeClock());
  output.onWindows(
    Array.from({ length: 300 }, (_, i) => sealedWindow(START_S + i * 10, [siteTotals('a', 2)])),
  );
  output.close();
  const lines = linesOf(stream.text);
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.['windows'], 300);
  assert.equal(lines[0]?.['requests'], 600);
});

test('with a database the windows are not in the log', async () => {
  const stream = pipe();
  const config = loadConfig({ INFLUX_URL: 'http://i:8086', INFLUX_DB: 'nginx' });
  const output = await openRunOutput(stream, config, new FakeClock());
  output.onWindows([sealedWindow(START_S, [siteTotals('a', 100)])]);
  output.close();
  assert.equal(stream.text, '');
});

test('LOG_PRETTY=false and a dumb terminal get no drawing', async () => {
  for (const environment of [{ LOG_PRETTY: 'false' }, { TERM: 'dumb' }]) {
    const screen = new Screen();
    const output = await openRunOutput(screen, loadConfig(environment), new FakeClock());
    output.show(() => healthyStatus());
    output.close();
    assert.equal(screen.written, '');
  }
});
