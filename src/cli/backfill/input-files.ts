import { fstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isLogName } from '../../config/log-setting.ts';
import { TemporaryFile } from '../../pipeline/backfill/temporary-file.ts';
import { fileTrouble } from '../../source/finished/file-trouble.ts';
import { printable } from '../../text/printable.ts';

/** The files that the words of the command line name, each once. */
export interface InputFile {
  readonly path: string;
  /** What a message calls it. */
  readonly label: string;
  /** The name of its log; undefined: the name that the file has. */
  readonly log: string | undefined;
}

export interface InputFiles {
  readonly files: readonly InputFile[];
  readonly bytes: number;
  /** Sentences about what was given twice. */
  readonly notes: readonly string[];
  /** Gives back what standard input was kept in. */
  close(): void;
}

/** What is wrong with the files as a whole; the message is a sentence for each that cannot be read. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** The words are wrong, not the files. */
  readonly isUsage: boolean;

  constructor(message: string, isUsage = false) {
    super(message);
    this.isUsage = isUsage;
  }
}

const STDIN_LOG = 'stdin';

/** Throws an InputError, and a TemporarySpaceError. */
export async function findInputFiles(
  words: readonly string[],
  stdin: Readable & { readonly fd?: number },
  signal?: AbortSignal,
): Promise<InputFiles> {
  const found = new Map<string, InputFile>();
  const notes: string[] = [];
  const troubles: string[] = [];
  let bytes = 0;
  let kept: TemporaryFile | undefined;
  for (const word of words) {
    const { name, path } = await readWord(word);
    if (path === '-') {
      if (found.has('-')) continue;
      const file = await openStdin(stdin, signal);
      kept = file.kept;
      bytes += file.bytes;
      found.set('-', { path: file.path, label: 'standard input', log: name ?? STDIN_LOG });
      continue;
    }
    try {
      const { dev, ino, size } = await stat(path, { bigint: true });
      const identity = `${dev}:${ino}`;
      const first = found.get(identity);
      if (first === undefined) {
        found.set(identity, { path, label: path, log: name });
        bytes += Number(size);
      } else {
        notes.push(
          `${path} is the same file as ${first.label}, which was given before, and is read once.`,
        );
      }
    } catch (error) {
      troubles.push(printable(await fileTrouble(path, error)));
    }
  }
  if (troubles.length > 0) {
    kept?.close();
    throw new InputError(troubles.join('\n'));
  }
  return { files: [...found.values()], bytes, notes, close: () => kept?.close() };
}

/** `NAME=FILE`, unless there is a file that is called so as a whole. */
async function readWord(word: string): Promise<{ name: string | undefined; path: string }> {
  const equals = word.indexOf('=');
  const before = word.slice(0, Math.max(0, equals));
  const isThere = await stat(word).then(
    () => true,
    () => false,
  );
  if (equals < 1 || before.includes('/') || isThere) return { name: undefined, path: word };
  const path = word.slice(equals + 1);
  if (path === '') throw new InputError(`${printable(word)} names a log but no file.`, true);
  if (isLogName(before)) return { name: before, path };
  throw new InputError(
    `"${printable(before, 60)}" in ${printable(word, 120)} cannot be the name of a log: letters, digits, ` +
      '".", "_" and "-", at most 64, and a letter or digit first. If = is part of the file name, ' +
      `write ./${printable(word, 120)}.`,
    true,
  );
}

/** Standard input is read twice, so what is no file is kept in one first. */
async function openStdin(
  stdin: Readable & { readonly fd?: number },
  signal: AbortSignal | undefined,
): Promise<{ path: string; bytes: number; kept: TemporaryFile | undefined }> {
  if (stdin.fd !== undefined) {
    const stats = fstatSync(stdin.fd);
    if (stats.isFile()) return { path: `/dev/fd/${stdin.fd}`, bytes: stats.size, kept: undefined };
    if (stats.isDirectory()) {
      throw new InputError('Standard input is a folder. Name the files in it.');
    }
  }
  const kept = new TemporaryFile();
  const stop = () => void stdin.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) if (chunk instanceof Uint8Array) kept.append(chunk);
  } catch (error) {
    if (signal?.aborted !== true) {
      kept.close();
      throw error;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return { path: kept.path, bytes: kept.length, kept };
}
