import { constants } from 'node:fs';
import { access, lstat, readlink, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printable } from '../../text/printable.ts';
import { errorCode } from '../../text/error-code.ts';

/** What STATE_DIR is good for, found out without writing. `text` completes "STATE_DIR …". */
export interface StateFolder {
  readonly isUsable: boolean;
  readonly text: string;
}

const { R_OK, W_OK, X_OK } = constants;

export async function inspectStateFolder(dir: string): Promise<StateFolder> {
  // It is made with all that is missing above it, so what counts is the nearest that is there.
  let at = dir;
  while (await isNothingAt(at)) at = dirname(at);
  const isThere = at === dir;
  const obstacle = await obstacleAt(at, isThere ? R_OK | W_OK | X_OK : W_OK | X_OK);
  if (obstacle === undefined) {
    const text = isThere ? 'can be written.' : 'does not exist yet and will be made.';
    return { isUsable: true, text };
  }
  const problem = isThere ? obstacle : `cannot be made: ${printable(at)} ${obstacle}`;
  const user = process.getuid?.() ?? 'of this process';
  const remedy = `Set STATE_DIR to a folder that user ${user} may read and write, or see to it that this is one.`;
  return { isUsable: false, text: `${problem}. ${remedy}` };
}

/** `/` always exists, so the loop ends. */
async function isNothingAt(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errorCode(error));
  }
}

/** Why what is there cannot be used as a folder; undefined when it can. */
async function obstacleAt(path: string, mode: number): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return 'is no folder';
    await access(path, mode);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') return `cannot be written (${code})`;
    const target = await readlink(path).catch(() => '');
    return `is a symbolic link to ${printable(target)}, which does not exist`;
  }
}
