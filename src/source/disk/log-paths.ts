/** Which logs a list of paths and globs means, and what each is called. */
import { statSync } from 'node:fs';
import { glob, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, matchesGlob, resolve } from 'node:path';
import type { Notice } from '../../notice/notice.ts';
import { isCompressedName, logNameOf, possibleBases } from './rotated-name.ts';
import { GLOB_SIGNS, globFolders, unreadableFolderNotice } from './unreadable-folders.ts';

export interface LogPath {
  readonly path: string;
  readonly log: string;
}

export interface FoundPaths {
  readonly logs: readonly LogPath[];
  /**
   * Folders in which there may be more. An error where logs must be missing; a warning where a `*`
   * took one folder of many: it may have nothing to do with logs (`lost+found`).
   */
  readonly unreadable: readonly Notice[];
}

export interface PathSetting {
  readonly path: string;
  /** Undefined: the log is named after its file. */
  readonly name: string | undefined;
  /** Not told by the text: in nginx.conf a `[` is a letter like any other. */
  readonly isGlob: boolean;
}

/** A folder changed so shortly ago may have changed again without its time changing. */
const FOLDER_SETTLED_MS = 2000;
const FOLDERS_MAX = 64;

export class LogPaths {
  /** Their paths are absolute. */
  readonly #patterns: readonly PathSetting[];
  /** Folders in which the globs look, with the time of their last change; more are not looked at for it. */
  #changedMs = new Map<string, number>();

  constructor(settings: readonly PathSetting[]) {
    this.#patterns = settings.map((setting) => ({ ...setting, path: resolve(setting.path) }));
  }

  get hasGlobs(): boolean {
    return this.#patterns.some((pattern) => pattern.isGlob);
  }

  /** Folders whose changes can concern the logs, as far as the paths tell them. */
  folders(): string[] {
    return this.#patterns.map(({ path, isGlob }) => {
      let folder = dirname(path);
      while (isGlob && GLOB_SIGNS.test(folder)) folder = dirname(folder);
      return folder;
    });
  }

  /**
   * All logs there are now, configured paths first. `known` are paths of logs, of which those in
   * `followed` need no more looks.
   */
  async find(
    known: ReadonlySet<string>,
    followed: ReadonlySet<string> = new Set(),
  ): Promise<FoundPaths> {
    const changedMs = new Map<string, number>();
    const found = new Map<string, LogPath>();
    const unreadable: Notice[] = [];
    for (const { path, name } of this.#patterns.filter((pattern) => !pattern.isGlob)) {
      found.set(path, { path, log: name ?? logNameOf(basename(path)) });
    }
    for (const pattern of this.#patterns.filter((one) => one.isGlob)) {
      const { unreadable: refusing, folders } = await globFolders(pattern.path);
      // Before the look, so that what comes in the middle of it is found by the next one.
      for (const folder of folders.slice(0, FOLDERS_MAX)) changedMs.set(folder, changeOf(folder));
      const matches: string[] = [];
      for await (const match of glob(pattern.path)) matches.push(resolve(match));
      for (const folder of refusing) {
        const isError = folder.isNamed || matches.length === 0;
        unreadable.push(
          unreadableFolderNotice(folder, isError ? 'folder-unreadable' : 'folder-skipped'),
        );
      }
      for (const path of matches.toSorted()) {
        if (found.has(path)) continue;
        const isKnown = followed.has(path);
        if (!isKnown && (await isRotated(path, pattern.path, known))) continue;
        if (!isKnown && (await isLinkToAnother(path, pattern.path, found))) continue;
        found.set(path, { path, log: pattern.name ?? logNameOf(basename(path)) });
      }
    }
    this.#changedMs = changedMs;
    return { logs: [...found.values()], unreadable };
  }

  /** Whether there may be other files than at the last `find`. */
  haveFoldersChanged(nowMs: number): boolean {
    for (const [folder, changedMs] of this.#changedMs) {
      const nowChangedMs = changeOf(folder);
      const isRecent = nowMs - nowChangedMs < FOLDER_SETTLED_MS;
      if (isRecent || nowChangedMs !== changedMs) return true;
    }
    return false;
  }
}

/**
 * Whether a match is only a rotated file of another. `access.log.1` is one wherever the pattern would
 * take `access.log` too, even while that is missing in the middle of a rotation. `access-20261122.log` may as
 * well be the name that nginx itself writes to: it is one only beside an `access.log`.
 */
async function isRotated(path: string, pattern: string, known: ReadonlySet<string>) {
  const name = basename(path);
  if (isCompressedName(name)) return true;
  for (const base of possibleBases(name)) {
    const other = join(dirname(path), base);
    if (name.startsWith(base) && matchesGlob(other, pattern)) return true;
    if (known.has(other)) return true;
    const facts = await stat(other).catch(() => undefined);
    if (facts !== undefined && matchesGlob(other, pattern)) return true;
  }
  return false;
}

/** `latest.log -> access.log`, where `access.log` is followed itself. */
async function isLinkToAnother(path: string, pattern: string, found: ReadonlyMap<string, LogPath>) {
  const target = await realpath(path).catch(() => path);
  return target !== path && (found.has(target) || matchesGlob(target, pattern));
}

function changeOf(folder: string): number {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}
