import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../text/error-code.ts';
import { makeFolder } from './make-folder.ts';

/** The state folder cannot be written, and waiting does not help: somebody has to do something. */
export class StateUnwritableError extends Error {
  constructor(dir: string, code: string) {
    const user = process.getuid?.() ?? 'of this process';
    super(
      `STATE_DIR ${dir} ${problemOf(code)}. Set STATE_DIR to a folder that user ${user} may ` +
        'read and write, or see to it that this is one.',
    );
    this.name = 'StateUnwritableError';
  }
}

function problemOf(code: string): string {
  return code === 'EEXIST' || code === 'ENOTDIR' ? 'is no folder' : `cannot be written (${code})`;
}

/** A start on a full disk sends what waits there, and so makes room. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']);

/** Throws StateUnwritableError where no state can be kept, so that a start ends instead of losing it. */
export async function assertWritable(dir: string): Promise<void> {
  const path = join(dir, `write-test-${process.pid}`);
  try {
    await makeFolder(dir);
    await (await open(path, 'w', 0o600)).close();
    await rm(path, { force: true });
  } catch (error) {
    const code = errorCode(error);
    if (!PASSING.has(code)) throw new StateUnwritableError(dir, code);
  }
}
