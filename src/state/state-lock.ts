import { open, rm, type FileHandle } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import type { Notify } from '../notice/notice.ts';

/**
 * One meter per state folder: two would take turns at overwriting each other's checkpoint.
 *
 * Owns `<stateDir>/lock`, a unix socket that answers with the pid of the holder. A socket is used
 * because the kernel closes it when the process dies, however it dies, and because it works between
 * containers that share the folder, where a pid means nothing. A file left behind by a killed
 * process refuses connections and is replaced.
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

const ANSWER_LIMIT_MS = 1000;
/** sun_path of a unix socket address is 108 bytes on Linux, 104 on macOS. */
const PATH_BYTES_MAX = 100;

export class StateLock {
  readonly #server: Server | undefined;
  readonly #path: string;

  private constructor(path: string, server: Server | undefined) {
    this.#path = path;
    this.#server = server;
  }

  /** Takes the folder, or throws StateLockedError when another process holds it. */
  static async acquire(dir: string, notify: Notify): Promise<StateLock> {
    const path = join(dir, 'lock');
    let folder: FileHandle | undefined;
    try {
      await makeFolder(dir);
      folder = await open(dir, 'r');
      const address =
        Buffer.byteLength(path) > PATH_BYTES_MAX ? `/proc/self/fd/${folder.fd}/lock` : path;
      const holder = await askHolder(address);
      if (holder !== undefined) throw new StateLockedError(dir, holder);
      await rm(path, { force: true });
      return new StateLock(path, await listen(address));
    } catch (error) {
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

/** The pid that answers, `unknown` if something answers but no pid, undefined when nobody listens. */
/** The pid of the meter that uses the folder, as text; undefined when none does. */
export async function stateHolder(dir: string): Promise<string | undefined> {
  const path = join(dir, 'lock');
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) return undefined;
  return askHolder(path).catch(() => undefined);
}

function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let answer = '';
    const done = () => {
      socket.destroy();
      resolve(/^\d{1,10}$/.test(answer.trim()) ? answer.trim() : 'unknown');
    };
    socket.setTimeout(ANSWER_LIMIT_MS, done);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer = (answer + text).slice(0, 32);
    });
    socket.on('end', done);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isFree =
        error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ENOTSOCK';
      if (isFree) resolve(undefined);
      else reject(error);
    });
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${process.pid}\n`);
    });
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}
