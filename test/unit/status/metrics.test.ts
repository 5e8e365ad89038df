import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsPage } from '../../../src/status/metrics.ts';
import type { MeterStatus } from '../../../src/status/meter-status.ts';
import { healthyStatus, logFigures, receiverStatus } from '../../support/meter-status.ts';

/** Value by series, as a scraper reads it. */
async function scrape(status: MeterStatus, page = new MetricsPage()): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const line of (await page.render(status)).split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    assert.ok(match, `not the text format: ${line}`);
    values.set(match[1] ?? '', Number(match[2]));
  }
  return values;
}

test('the accounting of a scrape adds up', async () => {
  const values = await scrape(healthyStatus());
  let unparsed = 0;
  for (const [series, value] of values) {
    if (series.startsWith('nginx_meter_unparsed_lines_total')) unparsed += value;
  }
  const of = (name: string) => values.get(`nginx_meter_${name}{log="access"}`) ?? NaN;
  assert.equal(unparsed, 9);
  assert.equal(
    of('lines_total'),
    of('counted_lines_total') + unparsed + of('late_lines_total') + of('filtered_lines_total'),
  );
});

test('every reason and every outcome has a series from the start', async () => {
  const values = await scrape(healthyStatus({ logs: [logFigures({ unparsed: {} })] }));
  for (const reason of ['shape', 'time', 'status', 'number', 'future', 'overlong', 'empty']) {
    assert.equal(
      values.get(`nginx_meter_unparsed_lines_total{log="access",reason="${reason}"}`),
      0,
    );
  }
  for (const outcome of ['written', 'rejected', 'retry', 'split', 'blocked']) {
    assert.ok(values.has(`nginx_meter_write_requests_total{outcome="${outcome}"}`), outcome);
  }
});

test('times are seconds, and every metric has help and a type', async () => {
  const text = await new MetricsPage().render(healthyStatus());
  assert.match(text, /^nginx_meter_lag_seconds\{log="access"\} 0\.812$/m);
  assert.match(text, /^nginx_meter_cpu_seconds_total 0\.31$/m);
  const names = [...text.matchAll(/^# HELP (\S+) \S.*$/gm)].map((match) => match[1]);
  const types = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge)$/gm)].map((match) => match[1]);
  assert.deepEqual(names, types);
  assert.equal(new Set(names).size, names.length);
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    assert.equal(name?.endsWith('_total'), type === 'counter', name);
  }
});

test('scraping twice shows the second moment and adds nothing to it', async () => {
  const page = new MetricsPage();
  await scrape(healthyStatus(), page);
  const again = await scrape(healthyStatus({ logs: [logFigures({ lines: 600 })] }), page);
  assert.equal(again.get('nginx_meter_lines_total{log="access"}'), 600);
});

test('scrapes at the same time do not mix', async () => {
  const page = new MetricsPage();
  const pages = await Promise.all([
    page.render(healthyStatus({ logs: [logFigures({ lines: 1 })] })),
    page.render(healthyStatus({ logs: [logFigures({ lines: 2 })] })),
  ]);
  assert.match(pages[0] ?? '', /^nginx_meter_lines_total\{log="access"\} 1$/m);
  assert.match(pages[1] ?? '', /^nginx_meter_lines_total\{log="access"\} 2$/m);
});

test('a log that is gone leaves no series behind', async () => {
  const page = new MetricsPage();
  await scrape(healthyStatus(), page);
  const values = await scrape(healthyStatus({ logs: [] }), page);
  assert.equal(values.has('nginx_meter_lines_total{log="access"}'), false);
});

test('quotes, backslashes, line ends and escape sequences in a label forge nothing', async () => {
  const log = 'a"} 1\nforged_total 5\r\u001b[2J\\';
  const values = await scrape(healthyStatus({ logs: [logFigures({ log })] }));
  assert.equal(
    [...values.keys()].some((series) => series.startsWith('forged')),
    false,
  );
  assert.equal([...values.values()].includes(512), true);
});

test('without a database the writer has no values', async () => {
  const values = await scrape(healthyStatus({ writer: undefined }));
  assert.equal(values.has('nginx_meter_written_points_total'), false);
  assert.equal(values.get('nginx_meter_spool_records'), 31);
});

test('a figure that is no number costs its own series, not the page', async () => {
  const values = await scrape(healthyStatus({ uptimeMs: NaN }));
  assert.equal(values.get('nginx_meter_ready'), 1);
});

test('what a receiver took in and what it lost, by reason', async () => {
  const receivers = [
    receiverStatus(),
    receiverStatus({ address: 'syslog+udp://x:1', trouble: 'no' }),
  ];
  const values = await scrape(healthyStatus({ receivers }));
  const of = (name: string, more = '') =>
    values.get(`nginx_meter_${name}{receiver="syslog://0.0.0.0:5514"${more}}`);
  assert.equal(of('received_messages_total'), 512);
  assert.equal(of('lost_messages_total', ',reason="malformed"'), 3);
  assert.equal(of('lost_messages_total', ',reason="overflow"'), 2);
  assert.equal(of('lost_messages_total', ',reason="dropped"'), 1);
  assert.equal(of('receiver_up'), 1);
  assert.equal(values.get('nginx_meter_receiver_up{receiver="syslog+udp://x:1"}'), 0);
});
