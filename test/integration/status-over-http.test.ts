import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { defer } from '../support/defer.ts';
import { Meter } from '../support/meter.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const LINE = '192.0.2.1 - - [22/Nov/2026:21:10:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.0"\n';

/** A figure of /metrics, summed over its labels. */
async function figure(meter: Meter, name: string): Promise<number> {
  const { body } = await meter.get('/metrics');
  const lines = body
    .split('\n')
    .filter((line) => line.startsWith(name) && /[ {]/.test(line[name.length] ?? ''));
  assert.ok(lines.length > 0, `/metrics has no ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

test('healthz, readyz, metrics and healthcheck of a running meter', async (t) => {
  const dir = temporaryFolder(t);
  const log = join(dir, 'access.log');
  writeFileSync(log, LINE.repeat(3) + 'nonsense\n');
  const meter = await Meter.start({ dir: join(dir, 'meter'), env: { LOG_PATHS: log } });
  defer(t, () => meter.kill());
  assert.deepEqual(await meter.get('/healthz'), { status: 200, body: 'ok\n' });
  const ready = await meter.get('/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(JSON.parse(ready.body), { ready: true, reasons: [] });
  await waitUntil('all lines are counted', async () => {
    return (await figure(meter, 'nginx_meter_lines_total')) === 4;
  });
  assert.equal((await meter.get('/nothing-here')).status, 404);

  const env = { LISTEN: `127.0.0.1:${meter.port}` };
  const well = await runMeter(['healthcheck'], { cwd: dir, env });
  assert.equal(well.code, 0, well.output);
  meter.signal('SIGSTOP');
  const stuck = await runMeter(['healthcheck'], { cwd: dir, env });
  meter.signal('SIGCONT');
  assert.equal(stuck.code, 1, stuck.output);
  assert.equal(await meter.stop(), 0);
  const gone = await runMeter(['healthcheck'], { cwd: dir, env });
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /No answer from .*LISTEN/s);
});

test('paths that are no log: each with its remedy, and the others go on', async (t) => {
  const dir = temporaryFolder(t);
  const path = (name: string) => join(dir, name);
  writeFileSync(path('good.log'), LINE.repeat(5));
  mkdirSync(path('folder.log'));
  execFileSync('mkfifo', [path('fifo.log')]);
  symlinkSync('/dev/stdout', path('stdout.log'));
  writeFileSync(path('secret.log'), LINE, { mode: 0o000 });
  const names = ['good', 'absent', 'folder', 'fifo', 'stdout', 'secret'];
  const isRoot = process.getuid?.() === 0;
  const meter = await Meter.start({
    dir: path('meter'),
    env: { LOG_PATHS: names.map((name) => path(`${name}.log`)).join(',') },
    // root reads everything, unless it has lost the capabilities for that
    prefix: isRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [],
    until: 'listening',
  });
  defer(t, () => meter.kill());
  const troubles = await waitUntil('every trouble is told', async () => {
    const { status, body } = await meter.get('/readyz');
    assert.equal(status, 503);
    const { reasons } = JSON.parse(body) as {
      reasons: { code: string; subject?: string; message: string }[];
    };
    const found = reasons.filter(({ code }) => code === 'log-trouble');
    return found.length === 5 && new Map(found.map((one) => [one.subject, one.message]));
  });
  const remedies: readonly (readonly [string, RegExp])[] = [
    ['absent', /does not exist.*LOG_PATHS.*access_log/s],
    ['folder', /is a folder.*LOG_PATHS/s],
    ['fifo', /a pipe.*LOG_PATHS/s],
    ['stdout', /symbolic link to \/dev\/stdout.*official nginx image.*volume/s],
    ['secret', /cannot be read \(EACCES\).*group/s],
  ];
  for (const [name, remedy] of remedies) {
    assert.match(troubles.get(path(`${name}.log`)) ?? '', remedy);
    assert.ok(
      meter.log.some(
        (record) => record['subject'] === path(`${name}.log`) && remedy.test(String(record['msg'])),
      ),
      `the log does not tell the remedy of ${name}`,
    );
  }
  assert.equal((await meter.get('/healthz')).status, 200);
  const counted = () => figure(meter, 'nginx_meter_lines_total');
  await waitUntil('the good log is counted', async () => (await counted()) === 5);

  // Whatever is put right is followed from then on.
  writeFileSync(path('absent.log'), LINE);
  rmSync(path('folder.log'), { recursive: true });
  writeFileSync(path('folder.log'), LINE.repeat(2));
  writeFileSync(path('new'), LINE.repeat(3));
  renameSync(path('new'), path('stdout.log'));
  execFileSync('chmod', ['0400', path('secret.log')]);
  rmSync(path('fifo.log'));
  writeFileSync(path('fifo.log'), LINE.repeat(4));
  appendFileSync(path('good.log'), LINE);
  await waitUntil('all of them are counted', async () => (await counted()) === 17);
  await waitUntil('it is ready', async () => (await meter.get('/readyz')).status === 200);
  assert.equal(await meter.stop(), 0);
});

test('a second meter with the same STATE_DIR refuses and names the first', async (t) => {
  const dir = temporaryFolder(t);
  const log = join(dir, 'access.log');
  writeFileSync(log, LINE);
  const meter = await Meter.start({ dir: join(dir, 'meter'), env: { LOG_PATHS: log } });
  defer(t, () => meter.kill());
  const env = { LOG_PATHS: log, STATE_DIR: join(dir, 'meter/state'), LISTEN: 'off' };
  const second = await runMeter([], { cwd: dir, env, timeoutMs: 20_000 });
  assert.equal(second.code, 1, second.output);
  assert.match(second.output, new RegExp(`STATE_DIR .* in use .*pid ${meter.pid}\\b`));
  assert.equal((await meter.get('/readyz')).status, 200);
  // A killed one leaves nothing behind that would stop the next.
  await meter.kill();
  const next = await Meter.start({ dir: join(dir, 'meter'), env: { LOG_PATHS: log } });
  defer(t, () => next.kill());
  assert.equal(await next.stop(), 0);
});
