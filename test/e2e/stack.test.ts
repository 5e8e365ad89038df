import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { ComposeStack, SERVICES, STACK_LOG_PATTERN } from '../support/compose-stack.ts';
import { findDockerEngine, type DockerEngine } from '../support/docker-engine.ts';
import { httpRequest } from '../support/http.ts';
import { assertSameWindows } from '../support/points-and-truth.ts';
import { waitUntil } from '../support/wait-until.ts';

/**
 * The project's own Dockerfile and docker-compose.yml, built and run. One stack for the whole file; each
 * test goes on where the one before it ended, and `sent` is what nginx has answered so far.
 */

const WINDOW_S = 2;
const IMAGE_MB_MAX = 160;
const ROTATE_BYTES = 64 * 1024;

const dir = mkdtempSync(join(tmpdir(), 'nginx-meter-e2e-'));
let engine: DockerEngine | undefined;
let stack: ComposeStack;
let sent = 0;

before(async () => {
  engine = await findDockerEngine();
  stack = await ComposeStack.define({
    dir,
    engine,
    env: {
      WINDOW: `${WINDOW_S}s`,
      LOG_ROTATE_BYTES: String(ROTATE_BYTES),
      // So many that the test can count every line again at the end.
      LOG_ROTATE_KEEP: '99',
    },
  });
});

after(async () => {
  if (engine === undefined) return;
  // Of a failed run this is all that is left.
  const logs = await stack.compose(
    ['logs', '--no-color', '--tail', '30', 'meter', 'influxdb'],
    true,
  );
  if (process.env['KEEP'] === '1') process.stderr.write(logs.output);
  await stack.remove();
  await engine.stop();
  rmSync(dir, { recursive: true });
});

let failed: string | undefined;

/** A test that is not tried when one before it has failed: it would only fail slowly. */
function step(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    assert.equal(failed, undefined, 'a test before this one has failed');
    failed = name;
    await run(t);
    failed = undefined;
  });
}

/** The points are exactly what the lines in all the log's files add up to. */
async function assertPointsAreTheLines(t: TestContext): Promise<void> {
  await stack.waitForCount(sent);
  const lines = await stack.logLines();
  assert.equal(lines.length, sent, 'a line for each request');
  const points = await stack.rows('SELECT * FROM "access_log" WHERE "count" > 0');
  points.sort((a, b) => Number(a['time']) - Number(b['time']));
  const truth = assertSameWindows(points, lines, STACK_LOG_PATTERN, { windowS: WINDOW_S });
  assert.deepEqual(truth.unparsed, []);
  t.diagnostic(`${lines.length} lines in ${points.length} windows`);
}

step('the image is small, has no shell and nothing of the development', async (t) => {
  await stack.compose(['build', 'meter']);
  const inspected = await stack.docker(['image', 'inspect', stack.image]);
  const [image] = JSON.parse(inspected.stdout) as {
    Size: number;
    Config: {
      User: string;
      Labels: Record<string, string>;
      Healthcheck: { Test: string[] };
      Volumes: Record<string, unknown>;
    };
  }[];
  assert.ok(image !== undefined);
  const megabytes = Math.round(image.Size / 1e6);
  t.diagnostic(`image: ${megabytes} MB`);
  assert.ok(megabytes > 0 && megabytes <= IMAGE_MB_MAX, `${megabytes} MB`);
  assert.match(image.Config.User, /^[1-9]\d*:[1-9]\d*$/);
  assert.equal(image.Config.Healthcheck.Test[0], 'CMD');
  assert.equal(image.Config.Labels['org.opencontainers.image.title'], 'nginx-meter');
  assert.deepEqual(Object.keys(image.Config.Volumes), ['/var/lib/nginx-meter']);

  const shell = await stack.docker(['run', '--rm', '--entrypoint', '/bin/sh', stack.image], true);
  assert.notEqual(shell.code, 0);
  assert.match(shell.output, /no such file|not found/i);
  const list = `console.log(require('fs').readdirSync('/app').sort().join(' '))`;
  const run = ['run', '--rm', '--entrypoint', '/usr/local/bin/node', stack.image, '-e', list];
  const files = (await stack.docker(run)).stdout.trim();
  assert.equal(files, 'LICENSE dist package.json source-date-epoch');
});

step('one command brings up the stack, and requests become points', async (t) => {
  const startMs = performance.now();
  await stack.up();
  const upMs = performance.now() - startMs;
  sent += await stack.send(300);
  assert.equal(sent, 300);
  await waitUntil('the first point is there', async () => (await stack.countInInflux()) > 0, {
    deadlineMs: 60_000,
    pollMs: 100,
  });
  const pointMs = performance.now() - startMs;
  t.diagnostic(`up: ${(upMs / 1000).toFixed(1)} s, first point: ${(pointMs / 1000).toFixed(1)} s`);
  await assertPointsAreTheLines(t);
  const ready = await httpRequest(stack.meterUrl('/readyz'));
  assert.equal(ready.status, 200, ready.body);
});

step(
  'no service runs as root, can write to its root file system, or has a capability',
  async () => {
    const inside = `
    const fs = require('fs'), status = fs.readFileSync('/proc/self/status', 'utf8');
    const read = (name) => status.match(new RegExp('^' + name + ':\\\\s*(\\\\S+)', 'm'))[1];
    let write = 'done';
    try { fs.writeFileSync('/app/planted', ''); } catch (error) { write = error.code; }
    console.log([read('Uid'), read('CapEff'), read('NoNewPrivs'), write].join(' '));`;
    assert.match(
      await stack.exec('meter', ['node', '-e', inside]),
      /^65532 0000000000000000 1 EROFS\n$/,
    );
    for (const [service, uid] of [
      ['nginx', '101'],
      ['influxdb', '1500'],
    ] as const) {
      const shown = await stack.exec(service, [
        'sh',
        '-c',
        'id -u; grep -E "^(CapEff|NoNewPrivs)" /proc/1/status; touch /planted 2>&1 || true',
      ]);
      assert.match(shown, new RegExp(`^${uid}\n`));
      assert.match(shown, /CapEff:\s*0000000000000000\n/);
      assert.match(shown, /NoNewPrivs:\s*1\n/);
      assert.match(shown, /Read-only file system/);
    }
    const writes = `require('fs').writeFileSync('/var/log/shared/planted', '')`;
    const log = await stack.execFails('meter', ['node', '-e', writes]);
    assert.notEqual(log.code, 0);
    assert.match(log.output, /EROFS/);
  },
);

step(
  'secrets are random, each for its own service, and users can do no more than they must',
  async () => {
    const query = 'SELECT sum("count") FROM "access_log"';
    const names = ['admin-password', 'write-password', 'read-password'];
    const [admin = '', write = '', read = ''] = await Promise.all(
      names.map((name) => stack.secret(name)),
    );
    for (const secret of [admin, write, read]) assert.match(secret, /^[A-Za-z0-9]{32}$/);
    assert.equal(new Set([admin, write, read]).size, 3);
    const list = `console.log(require('fs').readdirSync('/run/secrets').join())`;
    assert.equal(await stack.exec('meter', ['node', '-e', list]), 'meter\n');

    for (const [user, password] of [
      ['admin', 'admin'],
      ['admin', ''],
      ['grafana_read', write],
    ] as const) {
      assert.equal((await stack.influxRequest(user, password, query)).status, 401);
    }
    assert.match((await stack.influxRequest('meter_write', write, query)).body, /not authorized/);
    const drop = await stack.influxRequest('grafana_read', read, 'DROP MEASUREMENT "access_log"');
    assert.match(drop.body, /not authorized|requires admin/);
    const databases = await stack.influxRequest(
      'admin',
      admin,
      'SHOW RETENTION POLICIES ON "nginx"',
    );
    assert.match(databases.body, /"rollup_5m"/);
  },
);

step(
  'the log is rotated by its size under load, and no line is lost or counted twice',
  async (t) => {
    sent += await stack.send(6000);
    await waitUntil(
      'the log has been rotated several times',
      async () => {
        sent += await stack.send(200);
        const files = await stack.exec('nginx', ['sh', '-c', 'ls /var/log/shared']);
        return files.trim().split('\n').length >= 5;
      },
      { deadlineMs: 60_000 },
    );
    await assertPointsAreTheLines(t);
    const [row] = await stack.rows('SELECT sum("rotations") AS n FROM "access_log_lines"');
    t.diagnostic(`${row?.['n']} rotations`);
    assert.ok(Number(row?.['n']) >= 4, `${row?.['n']} rotations`);
  },
);

for (const service of ['meter', 'influxdb'] as const) {
  step(`${service} is killed under load and started again`, async (t) => {
    const stop = new AbortController();
    const load = stack.sendUntil(stop.signal);
    try {
      await stack.compose(['kill', '--signal', 'KILL', service]);
      const state = ['inspect', '--format', '{{.State.Running}}', await stack.container(service)];
      assert.equal((await stack.docker(state)).stdout.trim(), 'false');
      await stack.up();
    } finally {
      stop.abort();
    }
    sent += await load;
    await assertPointsAreTheLines(t);
  });
}

step('nginx is killed and started again', async (t) => {
  // Not under load: whether a request that was cut off is in the log is nginx's secret.
  sent += await stack.send(100);
  await stack.compose(['kill', '--signal', 'KILL', 'nginx']);
  assert.equal(await stack.send(1), 0);
  await stack.up();
  sent += await stack.send(100);
  await assertPointsAreTheLines(t);
});

step('what nginx wrote while the meter was away is read afterwards', async (t) => {
  await stack.compose(['stop', 'meter']);
  sent += await stack.send(1500);
  await stack.up();
  await assertPointsAreTheLines(t);
});

step('down, and up again with the same volumes: nothing lost, nothing twice', async (t) => {
  sent += await stack.send(100);
  await stack.compose(['down']);
  for (const service of SERVICES) assert.equal(await stack.container(service), '');
  await stack.up();
  await assertPointsAreTheLines(t);
  sent += await stack.send(100);
  await assertPointsAreTheLines(t);
  const hosts = await stack.rows('SHOW TAG VALUES FROM "access_log" WITH KEY = "host"');
  assert.deepEqual(
    hosts.map((row) => row['value']),
    ['nginx'],
  );
});

step('a first start of InfluxDB that was interrupted begins anew', async () => {
  await stack.exec('influxdb', ['touch', '/var/lib/influxdb/.being-set-up']);
  await stack.compose(['restart', 'influxdb']);
  await stack.up('influxdb');
  assert.equal(await stack.countInInflux(), 0);
  const admin = await stack.secret('admin-password');
  const policies = await stack.influxRequest('admin', admin, 'SHOW RETENTION POLICIES ON "nginx"');
  assert.match(policies.body, /"rollup_1h"/);
});
