import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findNginxMaster, type MasterSearchOptions } from '../../../src/nginx/nginx-master.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const MASTER = 'nginx: master process nginx -g daemon off;\0';

/** A folder in place of /proc, with these processes and a pid file. */
function machine(t: TestContext, processes: Readonly<Record<number, string>>, pid?: string) {
  const folder = temporaryFolder(t);
  for (const [number, line] of Object.entries(processes)) {
    mkdirSync(join(folder, 'proc', number), { recursive: true });
    writeFileSync(join(folder, 'proc', number, 'cmdline'), line);
  }
  mkdirSync(join(folder, 'proc/self'), { recursive: true });
  const pidFile = join(folder, 'nginx.pid');
  if (pid !== undefined) writeFileSync(pidFile, pid);
  const asked: number[] = [];
  const options: MasterSearchOptions = {
    pidFile: undefined,
    usualPidFile: pidFile,
    procFolder: join(folder, 'proc'),
    signal: (one, signal) => {
      assert.equal(signal, 0, 'a search only asks');
      asked.push(one);
    },
  };
  return { options, pidFile, asked };
}

test('the only master is found among all processes, and asked whether it can be signalled', async (t) => {
  const { options, asked } = machine(t, {
    1: '/pause\0',
    7: MASTER,
    8: 'nginx: worker process\0',
    9: 'grep nginx: master process\0',
  });
  assert.deepEqual(await findNginxMaster(options), { pid: 7 });
  assert.deepEqual(asked, [7]);
});

test('the usual pid file tells which of several it is, and a stale one is no obstacle', async (t) => {
  const several = machine(t, { 7: MASTER, 20: MASTER }, '20\n');
  assert.deepEqual(await findNginxMaster(several.options), { pid: 20 });
  const stale = machine(t, { 7: MASTER, 20: 'sleep\0' }, '20\n');
  assert.deepEqual(await findNginxMaster(stale.options), { pid: 7 });
});

test('none and several are refused with the remedy', async (t) => {
  const none = await findNginxMaster(machine(t, { 1: '/pause\0' }).options);
  assert.ok('problem' in none);
  assert.match(none.problem, /no nginx master .*shareProcessNamespace: true/);
  const several = await findNginxMaster(machine(t, { 20: MASTER, 7: MASTER }).options);
  assert.ok('problem' in several);
  assert.match(several.problem, /several nginx master processes \(7, 20\)\. Set ROTATE_PID_FILE/);
});

test('a pid of another namespace is never believed: the process must be an nginx master', async (t) => {
  // In the meter's own namespace that number is somebody else, and here it is the meter itself.
  for (const pid of [1, process.pid]) {
    const { options, pidFile, asked } = machine(
      t,
      { 1: '/pause\0', [process.pid]: MASTER, 7: MASTER },
      `${pid}\n`,
    );
    const found = await findNginxMaster({ ...options, pidFile });
    assert.ok('problem' in found);
    assert.match(found.problem, /is no nginx master here.*shareProcessNamespace/);
    assert.deepEqual(asked, []);
  }
});

test('a pid file without a pid is refused', async (t) => {
  for (const text of [undefined, '', 'seven', '-1', '7 8']) {
    const { options, pidFile } = machine(t, { 7: MASTER }, text);
    const found = await findNginxMaster({ ...options, pidFile });
    assert.ok('problem' in found);
    assert.match(found.problem, /holds no pid/);
  }
});

test('without the permission it says who may', async (t) => {
  const { options } = machine(t, { 7: MASTER });
  const signal = () => {
    throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
  };
  const found = await findNginxMaster({ ...options, signal });
  assert.ok('problem' in found);
  assert.match(found.problem, /process 7 \(user \d+\) cannot be signalled .*\(EPERM\).*CAP_KILL/);
});
