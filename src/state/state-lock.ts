import { randomBytes } from 'node:crypto';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from './make-folder.ts';
import type { Notify } from '../notice/notice.ts';

/**
 * One meter per state folder: two would take turns at overwriting each other's checkpoint.
 *
 * Owns `<stateDir>/lock-…`, a unix socket that answers with the pid of its process and whether that
 * holds the folder. A socket is used because the kernel closes it when the process dies, however it
 * dies, and because it works between containers that share the folder, where a pid means nothing.
 *
 * Each start makes a socket under a name of its own before it looks at the others', so of two starts
 * at one moment at least one sees the other; the first name in order wins. No step takes over a file of
 * another process: names are never used again, so that what refuses connections is dead and may go.
 *
 * Where the file system knows no sockets (some network and FUSE mounts) or cannot be written, there
 * is no lock; that is reported, and the meter runs.
 */
export class StateLockedError extends Error {
  constructor(dir: string, holder: string) {
    super(
      `STATE_DIR ${dir} is in use by another nginx-meter (pid ${holder}). Stop that one, or give ` +
        'this one a folder of its own.',
    );
    this.name = 'StateLockedError';
  }
}

const PREFIX = 'lock-';
const NAME = /^lock-[0-9a-f]{16}$/;
const ANSWER_LIMIT_MS = 1000;
/** How often, and how long, one that has not decided yet is asked again. */
const ASK_EVERY_MS = 20;
const ASKS_MAX = 100;
/** sun_path of a unix socket address is 108 bytes on Linux, 104 on macOS. */
const PATH_BYTES_MAX = 100;

interface Answer {
  /** Empty when the connection ended without an answer: it is giving way, or has no time. */
  readonly pid: string;
  readonly isHolder: boolean;
}

export class StateLock {
  readonly #server: Server | undefined;
  readonly #path: string;

  private constructor(path: string, server: Server | undefined) {
    this.#path = path;
    this.#server = server;
  }

  /** Takes the folder, or throws StateLockedError when another process holds it. */
  static async acquire(dir: string, notify: Notify): Promise<StateLock> {
    const name = PREFIX + randomBytes(8).toString('hex');
    const path = join(dir, name);
    let folder: FileHandle | undefined;
    const own = { isHolder: false };
    let server: Server | undefined;
    try {
      await makeFolder(dir);
      folder = await open(dir, 'r');
      const isShort = Buffer.byteLength(path) <= PATH_BYTES_MAX;
      const base = isShort ? dir : `/proc/self/fd/${folder.fd}`;
      server = await listen(join(base, name), () => own.isHolder);
      const winner = await findWinner(dir, base, name);
      if (winner !== undefined) throw new StateLockedError(dir, winner);
      own.isHolder = true;
      return new StateLock(path, server);
    } catch (error) {
      if (server !== undefined) await new StateLock(path, server).release();
      if (error instanceof StateLockedError) throw error;
      notify({
        code: 'state-unlocked',
        subject: dir,
        message:
          `STATE_DIR cannot be locked (${error instanceof Error ? error.message : String(error)}). ` +
          'See to it yourself that no second meter uses this folder.',
      });
      return new StateLock(path, undefined);
    } finally {
      await folder?.close();
    }
  }

  async release(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(this.#path, { force: true });
  }
}

/** The pid of the process that has the folder, or gets it; undefined when that is this one. */
async function findWinner(dir: string, base: string, own: string): Promise<string | undefined> {
  for (const name of (await readdir(dir)).filter((one) => NAME.test(one)).toSorted()) {
    if (name === own) continue;
    for (let asks = 1; ; asks += 1) {
      const answer = await ask(join(base, name));
      if (answer === undefined) {
        await rm(join(dir, name), { force: true });
        break;
      }
      const isBefore = answer.pid !== '' && name < own;
      // One that comes later in the order gives way by itself, unless it had decided before.
      if (answer.isHolder || isBefore || asks === ASKS_MAX) return answer.pid || 'unknown';
      await delay(ASK_EVERY_MS);
    }
  }
  return undefined;
}

/** The pid of the meter that uses the folder, as text; undefined when none does. */
export async function stateHolder(dir: string): Promise<string | undefined> {
  try {
    for (const name of (await readdir(dir)).filter((one) => NAME.test(one))) {
      const path = join(dir, name);
      const answer = Buffer.byteLength(path) > PATH_BYTES_MAX ? undefined : await ask(path);
      if (answer !== undefined) return answer.pid;
    }
  } catch {
    // Whoever asks says elsewhere that the folder cannot be read.
  }
  return undefined;
}

/** What the process answers; undefined when nobody listens. One that says nothing holds the folder. */
function ask(path: string): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let answer = '';
    const done = () => {
      socket.destroy();
      const [, pid = '', state] = /^(\d{1,10}) (holds|waits)$/.exec(answer.trim()) ?? [];
      resolve({ pid, isHolder: state === 'holds' });
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => {
      socket.destroy();
      resolve({ pid: 'unknown', isHolder: true });
    });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer = (answer + text).slice(0, 32);
    });
    socket.on('end', done);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isFree =
        error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ENOTSOCK';
      if (isFree) resolve(undefined);
      else if (error.code === 'ECONNRESET' || error.code === 'EAGAIN') done();
      else reject(error);
    });
  });
}

function listen(path: string, isHolder: () => boolean): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${process.pid} ${isHolder() ? 'holds' : 'waits'}\n`);
    });
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}
