import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promqlWithAllChosen } from '../../scripts/dashboards/prometheus.ts';
import { defer } from '../support/defer.ts';
import { Meter } from '../support/meter.ts';
import { freePort } from '../support/ports.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { findTool } from '../support/tools.ts';
import { waitUntil } from '../support/wait-until.ts';

const FORMAT =
  '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent $request_time $host "$upstream_addr"';
const KILLS = 5;
const LINES_A_ROUND = 60;
/** More than MAX_ROUTES, so that routes move into and out of `other`. */
const ROUTES = 7;

function lines(round: number, count = LINES_A_ROUND, aheadMs = 0): string {
  const at = new Date(Date.now() + aheadMs).toISOString().replace(/\.\d+Z/, '+00:00');
  return Array.from({ length: count }, (_, i) => {
    const route = (i * (round + 1) + (i % 3)) % ROUTES;
    const status = i % 10 === 0 ? 503 : 200;
    return `192.0.2.${i} [${at}] "GET /part${'abcdefg'[route]}/list HTTP/1.1" ${status} 100 0.0${i % 9}0 example.com "10.0.0.${i % 2}:80"\n`;
  }).join('');
}

test('over kills no counter falls in Prometheus, and none misses a line', async (t) => {
  const dir = temporaryFolder(t);
  const log = join(dir, 'access.log');
  writeFileSync(log, '');
  const target = `127.0.0.1:${await freePort()}`;
  const env = {
    LISTEN: target,
    LOG_PATHS: log,
    LOG_FORMAT: FORMAT,
    LATENESS: '2s',
    DIMENSION_WINDOW: '1s',
    MAX_ROUTES: '3',
  };
  const prometheus = await startPrometheus({ dir: join(dir, 'prometheus'), target });
  defer(t, () => prometheus.stop());
  let meter = await Meter.start({ dir: join(dir, 'meter'), env });
  defer(t, () => meter.kill());
  const sum = async (name: string) => (await prometheus.query(`sum(${name})`))[0];
  let written = 0;
  for (let round = 0; round < KILLS; round++) {
    appendFileSync(log, lines(round));
    written += LINES_A_ROUND;
    // Some are killed before the lines are in a checkpoint, some after.
    if (round % 2 === 0) {
      await waitUntil('the lines are shown', async () => {
        return (await sum('nginx_http_requests_total')) === written;
      });
    }
    await meter.kill();
    meter = await Meter.start({ dir: join(dir, 'meter'), env });
  }
  // Windows end by the times of the lines: this one ends those of all others.
  appendFileSync(log, lines(0, 1, 60_000));
  const seen: Record<string, number | undefined> = {};
  const all = written + 1;
  const expected = {
    nginx_http_requests_total: all,
    nginx_http_request_duration_seconds_count: all,
    nginx_http_requests_by_status_total: written,
    nginx_http_route_requests_total: written,
    nginx_http_upstream_requests_total: written,
    nginx_http_upstream_duration_seconds_count: written,
  };
  for (const [name, requests] of Object.entries(expected)) {
    await waitUntil(
      `${name} is the number of lines`,
      async () => (seen[name] = await sum(name)) === requests,
      { detail: () => `it is ${seen[name]} of ${requests}` },
    );
    const resets = await prometheus.query(`sum(resets(${name}[10m]))`);
    assert.deepEqual(resets, [0], `${name} has fallen`);
  }
  assert.equal(await sum('nginx_http_response_bytes_total'), 100 * all);
  assert.equal(await sum('nginx_http_requests_total{class="5xx"}'), written / 10 + 1);

  for (const query of promqlWithAllChosen()) {
    assert.notDeepEqual(await prometheus.query(query), [], `${query} shows nothing`);
  }

  const promtool = await findTool('promtool');
  assert.ok(promtool.kind === 'local');
  const checked = await runCommand([promtool.path, 'check', 'metrics'], {
    env: promtool.env,
    stdin: (await meter.get('/metrics')).body,
  });
  assert.deepEqual([checked.code, checked.output], [0, '']);
});
