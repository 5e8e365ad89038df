import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { nearestWord } from '../../text/nearest-word.ts';
import { errorCode } from '../../text/error-code.ts';
import { NoLogFileError } from './backfill-source.ts';
import { unreadableText } from '../disk/path-inspection.ts';

/** Why a file that somebody named cannot be read, and what to do: a sentence for each case. */
export async function fileTrouble(path: string, error: unknown): Promise<string> {
  if (error instanceof NoLogFileError) return error.message;
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return missingText(path);
    case 'ELOOP':
      return `${path} is a symbolic link that leads back to itself. Name the file itself.`;
    case 'ENAMETOOLONG':
      return `${path} is longer than a file name can be, so there is no such file.`;
    case 'EMFILE':
      return `${path} cannot be opened: this process has too many open files. Raise \`ulimit -n\`, or give fewer files at once.`;
    case 'EIO':
      return `${path} cannot be read (EIO): the disk reports a fault. Look at \`dmesg\`.`;
    default:
      return unreadableText(path, error);
  }
}

/** The nearest folder that is there says more than the path. */
async function missingText(path: string): Promise<string> {
  if (await isLink(path)) {
    return `${path} is a symbolic link to a file that does not exist. Name the file itself.`;
  }
  let at = path;
  let folder = dirname(at);
  while (folder !== at && !(await isThere(folder))) [at, folder] = [folder, dirname(folder)];
  if (at !== path) return `${path} does not exist: there is no folder ${at}.`;
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return `${path} does not exist: ${folder} is a file, not a folder.`;
  const near = nearestWord(basename(path), names, 3);
  const hint =
    near === undefined ? '' : ` Did you mean ${path.slice(0, -basename(path).length)}${near}?`;
  return `${path} does not exist.${hint}`;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}
