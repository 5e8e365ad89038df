/** dist/ as the image has it: with nothing beside it but package.json, it does what the sources do. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'dotenv';
import { buildProgram } from '../../scripts/build.ts';
import { runMeter } from '../support/cli.ts';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux } from '../support/influxdb.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import { assertSameWindows, windowsInInflux } from '../support/points-and-truth.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const app = mkdtempSync(join(tmpdir(), 'nginx-meter-built-'));
const program = join(app, 'dist/main.js');
before(async () => {
  await buildProgram(join(app, 'dist'));
  copyFileSync(join(PROJECT_ROOT, 'package.json'), join(app, 'package.json'));
});
after(() => rmSync(app, { recursive: true }));

const MANIFEST = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

test('it knows its version, and has the licence of every package it brings along', async () => {
  const { code, stdout } = await runMeter(['--version'], { cwd: app, program });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: `${MANIFEST.version}\n` });
  const licences = readFileSync(join(app, 'dist/LICENSES.txt'), 'utf8');
  for (const [name, version] of Object.entries(MANIFEST.dependencies)) {
    assert.ok(licences.includes(`\n${name} ${version}\n\n`), name);
  }
});

test('its log is text for people where that is asked for', async (t) => {
  const dir = temporaryFolder(t);
  const env = { LOG_PRETTY: 'true', LISTEN: '127.0.0.1:0' };
  const { code, output } = await runMeter(['demo', '--seconds', '1'], { cwd: dir, program, env });
  assert.equal(code, 0, output);
  assert.match(output, /INFO.*Started\./);
  assert.doesNotMatch(output, /"level":/);
});

for (const name of ['json-log-format', 'countries', 'sites-and-upstream-lists']) {
  test(`backfill of the golden case ${name} gives the points of the sources`, async () => {
    const golden = join(PROJECT_ROOT, 'test/golden', name);
    const all = Object.entries(parse(readFileSync(join(golden, 'config.env'))));
    const env = Object.fromEntries(all.filter(([key]) => !key.startsWith('GOLDEN_')));
    const words = ['backfill', 'access.log', '--stdout'];
    const built = await runMeter(words, { cwd: golden, env, program });
    const source = await runMeter(words, { cwd: golden, env });
    assert.equal(built.code, 0, built.output);
    assert.match(source.stdout, /^access_log,/m);
    assert.equal(built.stdout, source.stdout);
  });
}

test('it follows a real nginx, writes to a real InfluxDB, shows itself and ends in order', async (t) => {
  const dir = temporaryFolder(t);
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase('built');
  const nginx = await startNginx({ dir: join(dir, 'nginx') });
  defer(t, () => nginx.stop());
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    program,
    env: { LOG_PATHS: nginx.accessLogPath, INFLUX_URL: influx.url, INFLUX_DB: 'built' },
  });
  defer(t, () => meter.kill());
  const kinds = await sendEveryKind(nginx);
  await sendMany(nginx, 500);
  const lines = await waitForLines([nginx.accessLogPath], kinds + 500);
  const health = await runMeter(['healthcheck'], {
    cwd: dir,
    program,
    env: { LISTEN: `127.0.0.1:${meter.port}` },
  });
  assert.equal(health.code, 0, health.output);
  await waitUntil('the meter has read everything', async () => {
    const { body } = await meter.get('/metrics');
    return Number(/^nginx_meter_lines_total\{[^}]*\} (\d+)$/m.exec(body)?.[1]) === lines.length;
  });
  assert.equal(await meter.stop(), 0);
  const windows = await windowsInInflux(influx, 'built', 'access');
  assertSameWindows(windows, lines, COMBINED_PATTERN, { windowS: 1 });
});
