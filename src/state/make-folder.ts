import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../text/error-code.ts';

/**
 * Makes a folder with all that is missing above it. Not `mkdir` with `recursive`: that one takes
 * ENOENT to mean a missing parent and tries for ever where the kernel answers so although the parent
 * is there, as /proc does; a thread spins then, and no signal stops it.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    const isParentMissing = errorCode(error) === 'ENOENT';
    if (!isParentMissing || parent === path) throw error;
    await makeFolder(parent);
    await makeOne(path);
  }
}

/** Another may have made it meanwhile, and on a disk that cannot be written it may be there all the same. */
async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isFolder) throw error;
  }
}
