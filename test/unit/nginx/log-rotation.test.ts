import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LogRotation } from '../../../src/nginx/log-rotation.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { FollowedLog, lines } from '../../support/followed-log.ts';

const ROTATE_AT = 64 * 1024;
/** About 90 kB. */
const FULL = 1500;

/** A log that is really followed, an nginx that only notes its signals, and turns as the loop takes them. */
class Rotated extends FollowedLog {
  readonly signals: (string | number)[] = [];
  /** What the signal makes nginx do; by default it opens its log anew. */
  onReopen: () => void = () => writeFileSync(this.path, '', { flag: 'a' });
  canSignal = true;
  readonly rotation: LogRotation;

  constructor(t: TestContext) {
    super(t);
    const procFolder = this.at('proc');
    mkdirSync(join(procFolder, '7'), { recursive: true });
    writeFileSync(join(procFolder, '7/cmdline'), 'nginx: master process nginx\0');
    this.rotation = new LogRotation({
      rotateAtBytes: ROTATE_AT,
      pidFile: undefined,
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
      search: { procFolder, usualPidFile: this.at('nginx.pid') },
      signal: (_pid, signal) => {
        if (!this.canSignal) throw Object.assign(new Error('no'), { code: 'EPERM' });
        if (signal === 0) return;
        this.signals.push(signal);
        this.onReopen();
      },
    });
  }

  /** Reads, and then does what is due after a commit. */
  async turn(): Promise<string[]> {
    const read = await this.read();
    await this.rotation.turn(this.checkpoint(), new Set([this.path]));
    return read;
  }

  refusals(): string[] {
    return this.notices
      .filter((notice) => notice.code === 'rotation-refused')
      .map((notice) => notice.message);
  }
}

async function followed(t: TestContext, count: number): Promise<Rotated> {
  const log = new Rotated(t);
  log.append(lines('a', 0, count));
  await log.start();
  return log;
}

test('a short log is left alone', async (t) => {
  const log = await followed(t, 10);
  await log.turn();
  assert.deepEqual(log.signals, []);
  assert.equal(existsSync(log.at('access.log.1')), false);
});

test('a long log that has been read is renamed, nginx reopens, and no line is lost', async (t) => {
  const log = await followed(t, FULL);
  assert.equal((await log.turn()).length, FULL);
  assert.deepEqual(log.signals, ['SIGUSR1']);
  assert.equal(readFileSync(log.path).length, 0);
  // A worker that has not reopened yet writes on into the old file.
  log.append(lines('b', 0, 3), log.at('access.log.1'));
  log.append(lines('c', 0, 3));
  assert.deepEqual(await log.readAndDrain(), [...lines('b', 0, 3), ...lines('c', 0, 3)]);
  assert.ok(log.codes.includes('log-rotated'));
});

test('an older NAME.1 is replaced only once it is done', async (t) => {
  const log = await followed(t, FULL);
  await log.turn();
  log.append(lines('b', 0, FULL));
  await log.turn();
  assert.equal(log.signals.length, 1, 'the renamed file may still be written to');
  assert.ok(readFileSync(log.at('access.log.1'), 'latin1').startsWith('a0 '));
  await log.readAndDrain();
  await log.turn();
  assert.equal(log.signals.length, 2);
  assert.ok(readFileSync(log.at('access.log.1'), 'latin1').startsWith('b0 '));
  assert.deepEqual(log.refusals(), []);
});

test('lines that come into a done NAME.1 keep it from being replaced until they are read', async (t) => {
  const log = await followed(t, FULL);
  await log.turn();
  await log.readAndDrain();
  const checkpoint = log.checkpoint();
  log.append(lines('late', 0, 2), log.at('access.log.1'));
  log.append(lines('b', 0, FULL));
  await log.read();
  const [saved] = checkpoint.logs;
  assert.ok(saved !== undefined);
  const now = log.checkpoint();
  const live = now.logs[0]?.generations.at(-1);
  assert.ok(live !== undefined);
  const generations = [...saved.generations.slice(0, -1), live];
  await log.rotation.turn({ logs: [{ ...saved, generations }] }, new Set([log.path]));
  assert.equal(log.signals.length, 1);
});

test('a NAME.1 that nobody has read is never deleted', async (t) => {
  const log = await followed(t, 1);
  await log.read();
  writeFileSync(log.at('access.log.1'), 'somebody else put this here\n');
  // The follower finds out by itself only when it searches; the checkpoint does not know the file.
  log.append(lines('b', 0, 2 * FULL));
  await log.turn();
  assert.deepEqual(log.signals, []);
  assert.equal(readFileSync(log.at('access.log.1'), 'latin1'), 'somebody else put this here\n');
  assert.match(
    log.refusals()[0] ?? '',
    /access\.log\.1 is no file that has been read\. Move it away/,
  );
});

test('what has not been read is not rotated', async (t) => {
  const log = await followed(t, 10);
  await log.read();
  const saved = log.checkpoint();
  log.append(lines('b', 0, 20 * FULL));
  await log.rotation.turn(saved, new Set([log.path]));
  assert.deepEqual(log.signals, []);
  assert.match(log.refusals()[0] ?? '', /bytes of it have not been read yet/);
});

test('a log that is followed no longer is left alone', async (t) => {
  const log = await followed(t, FULL);
  await log.read();
  await log.rotation.turn(log.checkpoint(), new Set());
  assert.deepEqual(log.signals, []);
});

test('nothing is renamed when nginx cannot be signalled', async (t) => {
  const log = await followed(t, FULL);
  log.canSignal = false;
  await log.turn();
  assert.equal(existsSync(log.at('access.log.1')), false);
  assert.match(log.refusals()[0] ?? '', /cannot be signalled .*\(EPERM\)/);
  log.canSignal = true;
  await log.turn();
  assert.deepEqual(log.signals, ['SIGUSR1']);
});

test('a folder that cannot be written is refused with the remedy, and nginx is not bothered', async (t) => {
  const log = await followed(t, FULL);
  await log.read();
  chmodSync(log.folder, 0o555);
  try {
    await asNobody(() => log.rotation.turn(log.checkpoint(), new Set([log.path])));
  } finally {
    chmodSync(log.folder, 0o700);
  }
  assert.deepEqual(log.signals, []);
  assert.match(log.refusals()[0] ?? '', /cannot be renamed \(EACCES\)\. Mount the volume/);
});

test('an nginx that does not reopen is told again and reported, and its lines are counted', async (t) => {
  const log = await followed(t, FULL);
  log.onReopen = () => {};
  await log.turn();
  assert.equal(log.signals.length, 1);
  await log.clock.advance(1000);
  log.append(lines('b', 0, 2), log.at('access.log.1'));
  assert.deepEqual(await log.turn(), lines('b', 0, 2));
  assert.equal(log.signals.length, 2);
  assert.ok(!log.codes.includes('rotation-not-reopened'), 'not at once');
  await log.clock.advance(5000);
  await log.turn();
  assert.ok(log.codes.includes('rotation-not-reopened'));
  log.onReopen = () => log.append(lines('c', 0, 1));
  await log.turn();
  assert.deepEqual(await log.readAndDrain(), lines('c', 0, 1));
});

test('after a crash between renaming and signal nginx gets its signal at the next start', async (t) => {
  const log = await followed(t, FULL);
  await log.read();
  await log.restart(() => renameSync(log.path, log.at('access.log.1')));
  assert.deepEqual(await log.turn(), []);
  assert.deepEqual(log.signals, ['SIGUSR1']);
  assert.equal(existsSync(log.path), true);
});

test('behind a symbolic link the file itself is renamed', async (t) => {
  const log = new Rotated(t);
  mkdirSync(log.at('real'));
  const real = log.at('real/current.log');
  writeFileSync(real, '');
  symlinkSync('real/current.log', log.path);
  log.append(lines('a', 0, FULL));
  await log.start();
  log.onReopen = () => writeFileSync(log.path, '', { flag: 'a' });
  await log.turn();
  assert.deepEqual(log.signals, ['SIGUSR1']);
  assert.equal(existsSync(`${real}.1`), true);
  log.append(lines('b', 0, 2));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 2));
});
