import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Series } from '../../../src/aggregate/series.ts';
import { TrafficTotals } from '../../../src/aggregate/traffic-totals.ts';
import { renderTraffic } from '../../../src/status/traffic-metrics.ts';

function rendered(log: string, site: string, addTo: (series: Series) => void): string {
  const series = new Series();
  addTo(series);
  const closed = new TrafficTotals();
  closed.addSite(series.seal(site, false, true));
  const waiting = { unparsed: 0, bytes: 0, isOwn: false };
  const open = { families: 0, waiting, windows: [] };
  return renderTraffic([{ log, closed: closed.snapshot(), open }]);
}

test('the buckets of a histogram add up, in seconds', () => {
  const text = rendered('access', 'a', (series) => {
    for (const ms of [1, 3, 100, 70_000]) {
      series.add(200, 400, 10, 0);
      series.addTime(ms);
    }
  });
  const bucket = (le: string) =>
    text.match(
      `_bucket\\{log="access",site="a",le="${le.replace(/[.+]/g, String.raw`\$&`)}"\\} (\\d+)`,
    )?.[1];
  assert.deepEqual(['0.001', '0.002', '0.004', '65.536', '+Inf'].map(bucket), [
    '1',
    '1',
    '2',
    '3',
    '4',
  ]);
  assert.match(text, /_sum\{log="access",site="a"\} 70\.104$/m);
  assert.match(text, /_count\{log="access",site="a"\} 4$/m);
});

test('without times there is no histogram', () => {
  const text = rendered('access', 'a', (series) => series.add(200, 400, 10, 0));
  assert.doesNotMatch(text, /duration/);
  assert.match(text, /^nginx_http_requests_total\{log="access",site="a",class="2xx"\} 1$/m);
});

test('what a client sent as its host forges no sample', () => {
  const text = rendered('access', 'a"} 1\nforged 5\u001b[2J\\', (series) =>
    series.add(200, 400, 10, 0),
  );
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) )?nginx_http_/);
  assert.match(text, /site="a\\"} 1\\\\x0aforged 5\\\\x1b\[2J\\\\",class=/);
});
