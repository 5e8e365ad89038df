import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ComposeStack, STACK_LOG_PATTERN } from '../support/compose-stack.ts';
import { sendRequests } from '../support/compose-traffic.ts';
import { findDockerEngine, type DockerEngine } from '../support/docker-engine.ts';
import { httpRequest } from '../support/http.ts';
import { renderKustomization } from '../support/kustomize.ts';
import {
  podInCompose,
  secretFolder,
  type ComposeParts,
  type PodOptions,
} from '../support/pod-in-compose.ts';
import { assertSameWindows } from '../support/points-and-truth.ts';
import { freePort } from '../support/ports.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { waitUntil } from '../support/wait-until.ts';

/**
 * The pods of the Kubernetes examples, run for real as containers, beside the InfluxDB of the stack. What
 * nginx writes to its standard output is the truth.
 */

const WINDOW_S = 2;
const KIB = 1024;
/** Of the log's volume in the pod whose log the meter rotates; much more than this is written there. */
const LOG_VOLUME_BYTES = 3.5 * KIB * KIB;

interface Pod {
  readonly options: PodOptions;
  readonly http: number;
  readonly metrics: number;
}

const dir = mkdtempSync(join(tmpdir(), 'nginx-meter-pods-'));
let engine: DockerEngine | undefined;
let stack: ComposeStack;
const pods = new Map<string, Pod>();

async function define(overlay: string, changes: Partial<PodOptions> = {}): Promise<ComposeParts> {
  const [http, metrics] = [await freePort(), await freePort()];
  const options = {
    name: overlay,
    namespace: 'shop',
    objects: await renderKustomization(join(PROJECT_ROOT, 'examples/kubernetes/overlays', overlay)),
    folder: join(dir, overlay),
    images: { 'nginx-meter:0.1.0': '${METER_IMAGE}' },
    ports: { 8080: http, 9145: metrics },
    ...changes,
  };
  pods.set(overlay, { options, http, metrics });
  return podInCompose(options);
}

before(async () => {
  engine = await findDockerEngine();
  const window = { WINDOW: `${WINDOW_S}s` };
  const parts = [
    await define('sidecar', { env: { 'nginx-meter': window } }),
    await define('syslog', { env: { 'nginx-meter': window } }),
    await define('rotate', {
      env: { 'nginx-meter': { ...window, ROTATE_AT: '64KiB' } },
      volumeBytes: { 'nginx-logs': LOG_VOLUME_BYTES },
    }),
  ];
  const file = join(dir, 'pods.json');
  const database = { networks: { default: { aliases: ['influxdb.monitoring.svc'] } } };
  const services = Object.assign({ influxdb: database }, ...parts.map((part) => part.services));
  const volumes = Object.assign({}, ...parts.map((part) => part.volumes));
  writeFileSync(file, JSON.stringify({ services, volumes }));
  stack = await ComposeStack.define({ dir, engine, env: {}, files: [file] });
  await stack.compose(['build', 'meter']);
  await stack.up('influxdb');
});

after(async () => {
  if (engine === undefined) return;
  await stack.remove();
  await engine.stop();
  rmSync(dir, { recursive: true });
});

/** In the order of Kubernetes: the sidecar has started before nginx does. */
async function start(name: string): Promise<Pod> {
  const pod = pods.get(name);
  assert.ok(pod !== undefined);
  const secret = join(secretFolder(pod.options, 'nginx-meter-influxdb'), 'password');
  writeFileSync(secret, await stack.secret('write-password'), { mode: 0o644 });
  for (const [container, port] of [
    ['nginx-meter', pod.metrics],
    ['nginx', pod.http],
  ] as const) {
    await stack.compose(['up', '-d', `${name}-${container}`]);
    await waitUntil(
      `${name}: ${container} has started`,
      async () => (await httpRequest(`http://127.0.0.1:${port}/healthz`)).status < 300,
      { deadlineMs: 30_000, pollMs: 100 },
    );
  }
  return pod;
}

async function assertPointsAreTheLines(t: TestContext, name: string, sent: number) {
  const count = `SELECT sum("count") AS n FROM "access_log" WHERE "host" = '${name}'`;
  let found = 0;
  await waitUntil(
    `InfluxDB holds ${sent} requests of ${name}`,
    async () => {
      found = Number((await stack.rows(count))[0]?.['n'] ?? 0);
      return found >= sent;
    },
    { deadlineMs: 60_000, pollMs: 250, detail: () => `it holds ${found}` },
  );
  const lines = (await stack.stdoutLines(`${name}-nginx`)).filter((line) =>
    /^[\d.]+ - /.test(line),
  );
  assert.equal(lines.length, sent, 'a line for each request');
  const points = await stack.rows(
    `SELECT * FROM "access_log" WHERE "host" = '${name}' AND "count" > 0`,
  );
  for (const point of points) assert.equal(point['namespace'], 'shop');
  const truth = assertSameWindows(points, lines, STACK_LOG_PATTERN, { windowS: WINDOW_S });
  assert.deepEqual(truth.unparsed, []);
  t.diagnostic(`${name}: ${lines.length} lines in ${points.length} windows`);
}

for (const name of ['sidecar', 'syslog']) {
  test(`${name}: every request of the pod is a point`, async (t) => {
    const pod = await start(name);
    const sent = await sendRequests(pod.http, 300);
    assert.equal(sent, 300);
    await assertPointsAreTheLines(t, name, sent);
    const ready = await httpRequest(`http://127.0.0.1:${pod.metrics}/readyz`);
    assert.equal(ready.status, 200, ready.body);
  });
}

/** Names and sizes of the files on the volume of the log. */
async function logFiles(name: string): Promise<Map<string, number>> {
  const list = 'cd /volumes/nginx-logs && stat -c "%n %s" *';
  const shown = await stack.exec(`${name}-pause`, ['sh', '-c', list]);
  const rows = shown.trim().split('\n');
  return new Map(rows.map((row) => [row.split(' ')[0] ?? '', Number(row.split(' ')[1])]));
}

test('rotate: the volume stays within bounds, and every request is a point', async (t) => {
  const name = 'rotate';
  const pod = await start(name);
  // Lines of about 700 bytes, 300 of them a second: the bound depends on what is written meanwhile.
  const query = `?${'q'.repeat(500)}`;
  const startMs = performance.now();
  let [sent, bytesMax] = [0, 0];
  while (sent * 700 < 1.25 * LOG_VOLUME_BYTES) {
    sent += await sendRequests(pod.http, 60, { query });
    const sizes = [...(await logFiles(name)).values()];
    bytesMax = Math.max(
      bytesMax,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    await delay(Math.max(0, startMs + (sent / 300) * 1000 - performance.now()));
  }
  const seconds = (performance.now() - startMs) / 1000;
  await assertPointsAreTheLines(t, name, sent);
  const [row] = await stack.rows(
    `SELECT sum("rotations") AS n FROM "access_log_lines" WHERE "host" = '${name}'`,
  );
  const rotations = Number(row?.['n']);
  t.diagnostic(
    `${rotations} rotations in ${seconds.toFixed(0)} s, at most ${bytesMax} bytes on the volume`,
  );
  assert.ok(rotations >= 3, `${rotations} rotations`);
  assert.deepEqual([...(await logFiles(name)).keys()], ['access.log', 'access.log.1']);
  assert.ok(bytesMax < LOG_VOLUME_BYTES, `${bytesMax} bytes`);
});
