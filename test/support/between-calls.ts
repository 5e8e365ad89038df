/**
 * Lets a test do something in the middle of what the code under test is doing: right before any of its
 * asynchronous calls of the file system. It wraps the functions of node:fs/promises of this process, and
 * the methods of open files.
 */
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: never[]) => unknown;

const FUNCTIONS = ['open', 'stat', 'lstat', 'readdir', 'readlink', 'realpath'];
const METHODS = ['read', 'readv', 'stat'];

let act: () => void = () => {};

/** `action` is called before each call from now on; it must not make asynchronous calls itself. */
export function beforeEachCall(action: () => void): void {
  act = action;
}

function wrap(object: Record<string, Call>, names: readonly string[]): void {
  for (const name of names) {
    const call = object[name];
    if (call === undefined) throw new Error(`there is no ${name}`);
    object[name] = function (this: unknown, ...args: never[]) {
      act();
      return call.apply(this, args);
    };
  }
}

const handle = await fs.open(import.meta.filename);
wrap(Object.getPrototypeOf(handle) as Record<keyof FileHandle, Call>, METHODS);
await handle.close();
wrap(fs as unknown as Record<string, Call>, FUNCTIONS);
syncBuiltinESMExports();
