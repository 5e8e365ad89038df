import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ComposeProject } from '../support/compose-project.ts';
import { rowsOf } from '../support/compose-stack.ts';
import { sendRequests } from '../support/compose-traffic.ts';
import { defer } from '../support/defer.ts';
import { findDockerEngine, type DockerEngine } from '../support/docker-engine.ts';
import { httpRequest } from '../support/http.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { assertSameWindows } from '../support/points-and-truth.ts';
import { freePort } from '../support/ports.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/**
 * examples/beside-nginx for an nginx and an InfluxDB that know nothing of it: the official images as they
 * are, the log in a folder of the machine and readable by the group adm alone, as on Debian. InfluxDB is
 * started last, so the points have to wait for it.
 */

/** adm, which only root can give a file to. */
const GROUP = process.getuid?.() === 0 ? 4 : (process.getgid?.() ?? 4);
const WINDOW_S = 10;
const PROJECT = `nginx-meter-beside-${process.pid}`;
const MAIN_PATTERN = new RegExp(COMBINED_PATTERN.source.replace(/\$$/, ' "[^"]*"$'));

let engine: DockerEngine;
before(async () => {
  engine = await findDockerEngine();
});
after(() => engine?.stop());

/** What logrotate does with `create 0640 root adm`. */
function createLog(path: string): void {
  writeFileSync(path, '', { flag: 'wx' });
  chownSync(path, process.getuid?.() ?? 0, GROUP);
  chmodSync(path, 0o640);
}

test('the example, with nothing changed but the folder of the log', async (t) => {
  const dir = temporaryFolder(t);
  const [http, metrics, influx] = [await freePort(), await freePort(), await freePort()];
  cpSync(join(PROJECT_ROOT, 'examples/beside-nginx'), dir, { recursive: true });
  const logs = join(dir, 'logs');
  const log = join(logs, 'access.log');
  mkdirSync(logs);
  chmodSync(logs, 0o755);
  createLog(log);
  const settings = readFileSync(join(dir, '.env.example'), 'utf8');
  const own = settings
    .replace(/^NGINX_LOG_FOLDER=.*$/m, `NGINX_LOG_FOLDER=${logs}`)
    .replace(/^LOG_READER_GROUP=.*$/m, `LOG_READER_GROUP=${GROUP}`);
  assert.notEqual(own, settings);
  writeFileSync(join(dir, '.env'), own);
  const image = `${PROJECT}:test`;
  const project = new ComposeProject({
    engine,
    name: PROJECT,
    files: [join(dir, 'docker-compose.yml')],
    env: {
      COMPOSE_DISABLE_ENV_FILE: '0',
      DOCKER_BUILDKIT: '1',
      METER_IMAGE: image,
      METER_PORT: String(metrics),
    },
  });
  const others = ['nginx', 'influxdb'].map((name) => `${PROJECT}-${name}`);
  defer(t, async () => {
    await project.docker(['rm', '--force', '--volumes', ...others], true);
    await project.remove();
    await project.docker(['image', 'rm', '--force', image], true);
  });
  const runOther = (name: string, args: readonly string[]) =>
    project.docker(['run', '--detach', '--name', `${PROJECT}-${name}`, ...args]);
  await project.docker(['build', '--network', 'host', '--tag', image, PROJECT_ROOT]);
  const nginxPort = ['--publish', `127.0.0.1:${http}:80`];
  await runOther('nginx', [...nginxPort, '--volume', `${logs}:/var/log/nginx`, 'nginx:1.28']);
  const send = async (count: number) => {
    const isUp = async () => (await sendRequests(http, 1)) === 1;
    await waitUntil('nginx answers', isUp);
    return 1 + (await sendRequests(http, count - 1));
  };

  assert.equal(await send(200), 200);
  await project.up();
  const network = ['--network', `${PROJECT}_default`, '--network-alias', 'influxdb.example'];
  const influxPort = ['--publish', `127.0.0.1:${influx}:8086`, '--env', 'INFLUXDB_DB=nginx'];
  await runOther('influxdb', [...network, ...influxPort, 'influxdb:1.12.4']);
  renameSync(log, `${log}.1`);
  createLog(log);
  await project.docker(['kill', '--signal', 'USR1', `${PROJECT}-nginx`]);
  assert.equal(await send(200), 200);

  const rows = async (query: string) => {
    const url = `http://127.0.0.1:${influx}/query?db=nginx&epoch=s&q=${encodeURIComponent(query)}`;
    return rowsOf((await httpRequest(url)).body);
  };
  await waitUntil(
    'InfluxDB holds 400 requests',
    async () => Number((await rows('SELECT sum("count") AS n FROM "access_log"'))[0]?.['n']) >= 400,
    { deadlineMs: 60_000, pollMs: 250 },
  );
  const points = await rows(`SELECT * FROM "access_log" WHERE "count" > 0`);
  assert.ok(points.every((point) => point['host'] === 'web-1' && point['log'] === 'access'));
  const lines = [`${log}.1`, log].flatMap((path) =>
    readFileSync(path, 'latin1').split('\n').slice(0, -1),
  );
  assert.equal(lines.length, 400);
  const truth = assertSameWindows(points, lines, MAIN_PATTERN, { windowS: WINDOW_S });
  assert.deepEqual(truth.unparsed, []);
  t.diagnostic(`${lines.length} lines in ${points.length} windows`);
  assert.match(await project.exec('meter', ['nginx-meter', 'check']), /^Configuration OK\.$/m);
  const ready = await httpRequest(`http://127.0.0.1:${metrics}/readyz`);
  assert.equal(ready.status, 200, ready.body);
});
