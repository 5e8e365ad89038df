import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  waitForCount,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { freePort } from '../support/ports.ts';
import { REQUEST_KINDS, sendEveryKind } from '../support/requests.ts';
import { startTraffic } from '../support/steady-traffic.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A real nginx sends its log as syslog and writes it to a file too; the file is the truth. */

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
let influx: Influx;
before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
});
after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

test('what nginx sends by syslog is what it writes to a file, with and without a host name', async (t) => {
  const dir = temporaryFolder(t);
  await influx.createDatabase('syslog');
  const port = await freePort();
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: {
      LOG_PATHS: `syslog://127.0.0.1:${port}?shop=tag_1`,
      INFLUX_URL: influx.url,
      INFLUX_DB: 'syslog',
    },
  });
  defer(t, () => meter.kill());
  const server = `access_log syslog:server=127.0.0.1:${port}`;
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    extraHttp: `${server},tag=tag_1,nohostname combined;\n${server},facility=local2,severity=warn combined;`,
  });
  defer(t, () => nginx.stop());
  // A line of more than 65507 bytes fits into no datagram: nginx itself says so in its error log.
  const fitting = REQUEST_KINDS.filter((kind) => kind.name !== 'URL beyond the limit');
  const kinds = await sendEveryKind(nginx, fitting);
  const traffic = startTraffic(nginx);
  await traffic.more(3000);
  const sent = (await traffic.stop()) + kinds;
  const lines = await waitForLines([nginx.accessLogPath], sent);
  for (const log of ['shop', 'nginx']) await waitForCount(influx, 'syslog', log, sent);
  const metrics = (await meter.get('/metrics')).body;
  const receiver = `receiver="syslog://127.0.0.1:${port}"`;
  assert.ok(metrics.includes(`nginx_meter_received_messages_total{${receiver}} ${2 * sent}\n`));
  for (const reason of ['malformed', 'overflow', 'dropped']) {
    assert.ok(
      metrics.includes(`nginx_meter_lost_messages_total{${receiver},reason="${reason}"} 0\n`),
      reason,
    );
  }
  const stranger = createSocket('udp4');
  defer(t, () => void stranger.close());
  stranger.send('no syslog at all', port, '127.0.0.1');
  await waitUntil('the message of a stranger is told as lost', async () => {
    const query = 'SELECT sum("lost_messages") AS n FROM "access_log_meter"';
    return (await influx.rows(query, 'syslog'))[0]?.['n'] === 1;
  });
  assert.equal(await meter.stop(), 0);
  for (const log of ['shop', 'nginx']) {
    const points = await windowsInInflux(influx, 'syslog', log);
    const truth = assertSameWindows(points, lines, COMBINED_PATTERN, { windowS: 1 });
    assert.deepEqual(truth.unparsed, []);
    const account = await accountInInflux(influx, 'syslog', log);
    assert.equal(account.lines, sent);
    assert.equal(account.counted, sent);
  }
});

test('after a restart the logs of tags go on with points of zeros before the first message', async (t) => {
  const dir = temporaryFolder(t);
  await influx.createDatabase('resumed');
  const port = await freePort();
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    extraHttp: `access_log syslog:server=127.0.0.1:${port},tag=blog combined;`,
  });
  defer(t, () => nginx.stop());
  const env = {
    LOG_PATHS: `syslog+udp://127.0.0.1:${port}`,
    INFLUX_URL: influx.url,
    INFLUX_DB: 'resumed',
  };
  const first = await Meter.start({ dir: join(dir, 'meter'), env });
  defer(t, () => first.kill());
  const traffic = startTraffic(nginx);
  await traffic.more(60);
  const sent = await traffic.stop();
  await waitForCount(influx, 'resumed', 'blog', sent);
  assert.equal(await first.stop(), 0);
  const second = await Meter.start({ dir: join(dir, 'meter'), env });
  defer(t, () => second.kill());
  const sinceMs = Date.now();
  await waitUntil('the quiet log has a point of zeros', async () => {
    const [row] = await influx.rows(
      `SELECT sum("window") AS n FROM "access_log" WHERE "log" = 'blog' AND "count" = 0 AND time >= ${sinceMs}ms`,
      'resumed',
    );
    return Number(row?.['n'] ?? 0) > 0;
  });
  assert.equal(await second.stop(), 0);
  const points = await windowsInInflux(influx, 'resumed', 'blog');
  assert.equal(
    points.reduce((sum, point) => sum + Number(point['count']), 0),
    sent,
  );
});
