/**
 * Folders that a glob leads into and that this process may not read. The glob itself passes over them
 * without a word, so that they look as if they were empty.
 */
import { glob, opendir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Notice } from '../../notice/notice.ts';
import { remedyFor } from './path-inspection.ts';
import { errorCode, isMissing } from '../../text/error-code.ts';

export interface UnreadableFolder {
  readonly folder: string;
  readonly error: unknown;
  /** It stands in the pattern itself, and is not one of those that a `*` takes. */
  readonly isNamed: boolean;
}

export const GLOB_SIGNS = /[*?[\]{}]/;

export interface GlobFolders {
  readonly unreadable: readonly UnreadableFolder[];
  /** All that the glob looks into. */
  readonly folders: readonly string[];
}

export async function unreadableFolders(pattern: string): Promise<readonly UnreadableFolder[]> {
  return (await globFolders(pattern)).unreadable;
}

/** `pattern`: an absolute glob. */
export async function globFolders(pattern: string): Promise<GlobFolders> {
  const folders: string[] = [];
  const found = new Map<string, UnreadableFolder>();
  let below = basename(pattern);
  let level = dirname(pattern);
  for (;;) {
    const isNamed = !GLOB_SIGNS.test(level);
    // A folder is listed for a glob; for a name it need only be entered.
    const isListed = GLOB_SIGNS.test(below);
    for (const folder of isNamed ? [level] : await foldersOf(level)) {
      folders.push(folder);
      const refusing = await refusingFolder(folder, isListed);
      if (refusing !== undefined) found.set(refusing.folder, { ...refusing, isNamed });
    }
    if (isNamed) return { unreadable: [...found.values()], folders };
    below = basename(level);
    level = dirname(level);
  }
}

async function foldersOf(pattern: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of glob(pattern)) paths.push(path);
  return paths;
}

/** The folder itself, or the one above it that cannot be passed. What is no folder refuses nothing. */
async function refusingFolder(
  folder: string,
  isListed: boolean,
): Promise<{ folder: string; error: unknown } | undefined> {
  try {
    await stat(`${folder}/.`);
    if (isListed) await (await opendir(folder)).close();
    return undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    const above = dirname(folder);
    const higher = above === folder ? undefined : await refusingFolder(above, false);
    return higher ?? { folder, error };
  }
}

export function unreadableFolderNotice(
  { folder, error }: UnreadableFolder,
  code: 'folder-unreadable' | 'folder-skipped',
): Notice {
  return {
    code,
    subject: folder,
    message:
      `The folder ${folder} cannot be read (${errorCode(error)}), so no log in it is found. ` +
      remedyFor(error),
  };
}

export function readableFolderNotice(folder: string): Notice {
  return {
    code: 'folder-readable',
    subject: folder,
    message: `The folder ${folder} can be read, or is gone.`,
  };
}
