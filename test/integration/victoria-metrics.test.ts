import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { defer } from '../support/defer.ts';
import { countIndependently, TIMED_PATTERN } from '../support/independent-count.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx, TIMED_FORMAT } from '../support/nginx.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../support/victoria-metrics.ts';
import { waitUntil } from '../support/wait-until.ts';

const FIELDS = [
  'count',
  'traffic',
  'bytes_in',
  'errors',
  'c1xx',
  'c2xx',
  'c3xx',
  'c4xx',
  'c5xx',
  'c499',
  'rt_count',
  'rt_sum',
  'rt_max',
] as const;

/** Samples of one field by window and site; a sample that is there twice is a failure. */
async function samples(victoria: VictoriaMetrics, field: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const series of await victoria.export(`{__name__="access_log_${field}"}`)) {
    assert.equal(series.metric['host'], 'it');
    assert.equal(series.metric['log'], 'access');
    series.timestamps.forEach((timeMs, index) => {
      const key = `${timeMs / 1000} ${series.metric['site']}`;
      assert.ok(!found.has(key), `${field} of ${key} was written twice`);
      found.set(key, series.values[index] ?? Number.NaN);
    });
  }
  return found;
}

test('every window arrives once at VictoriaMetrics over the v2 API', async (t) => {
  const dir = temporaryFolder(t);
  const victoria = await startVictoriaMetrics({ dir: join(dir, 'victoria') });
  defer(t, () => victoria.stop());
  const nginx = await startNginx({ dir: join(dir, 'nginx'), logFormat: TIMED_FORMAT });
  defer(t, () => nginx.stop());
  const options = {
    dir: join(dir, 'meter'),
    env: {
      LOG_PATHS: nginx.accessLogPath,
      LOG_FORMAT: TIMED_FORMAT,
      INFLUX_URL: victoria.url,
      INFLUX_BUCKET: 'nginx',
      // Without deduplication a point that is written twice is there twice.
      REWRITE: 'never',
      LATENESS: '2s',
    },
  };
  const first = await Meter.start(options);
  defer(t, () => first.kill());
  let expected = await sendEveryKind(nginx);
  await sendMany(nginx, 100);
  await first.stop();
  const second = await Meter.start(options);
  defer(t, () => second.kill());
  await sendMany(nginx, 100);
  expected += 200;
  const lines = await waitForLines([nginx.accessLogPath], expected);
  let found = 0;
  await waitUntil(
    'VictoriaMetrics holds every request',
    async () => {
      found = 0;
      for (const value of (await samples(victoria, 'count')).values()) found += value;
      return found >= expected;
    },
    { deadlineMs: 30_000, pollMs: 200, detail: () => `it holds ${found} of ${expected}` },
  );
  assert.equal(await second.stop(), 0);

  const truth = countIndependently(lines, TIMED_PATTERN, { windowS: 1 });
  assert.deepEqual(truth.unparsed, []);
  for (const field of FIELDS) {
    const actual = await samples(victoria, field);
    for (const window of truth.windows) {
      const key = `${window.startS} ${window.site}`;
      assert.equal(actual.get(key), window[field], `${field} of ${key}`);
      actual.delete(key);
    }
    // What is left are quiet windows.
    assert.ok([...actual.values()].every((value) => value === 0));
  }
});
