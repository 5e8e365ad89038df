/**
 * Writes down in which order a process of ours writes, syncs and renames. A kill loses nothing that was
 * written, only a power loss does, and no test can take the power away; so the order itself is tested.
 */
import { readlinkSync, writeSync } from 'node:fs';
import fs, { open, type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** One line per event, `event path [path]`, into the open file `fd`. */
export async function traceDurability(fd: number): Promise<(event: string) => void> {
  const note = (event: string): void => void writeSync(fd, `${event}\n`);
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  // oxlint-disable-next-line typescript/unbound-method -- called with the handle of the call, below
  const { write, writeFile, sync } = prototype;
  const pathOf = ({ fd: own }: FileHandle): string => readlinkSync(`/proc/self/fd/${own}`);
  prototype.write = function (this: FileHandle, ...args: unknown[]) {
    note(`write ${pathOf(this)}`);
    return Reflect.apply(write, this, args);
  } as FileHandle['write'];
  prototype.writeFile = function (this: FileHandle, ...args: unknown[]) {
    note(`write ${pathOf(this)}`);
    return Reflect.apply(writeFile, this, args);
  } as FileHandle['writeFile'];
  prototype.sync = async function (this: FileHandle) {
    const path = pathOf(this);
    await Reflect.apply(sync, this, []);
    note(`sync ${path}`);
  };
  const { rename } = fs;
  fs.rename = async (from, to) => {
    note(`rename ${String(from)} ${String(to)}`);
    await rename(from, to);
  };
  syncBuiltinESMExports();
  return note;
}
