/**
 * What stands at a log's path, found out without opening it: opening a FIFO waits for its other end, and
 * opening what the official nginx image puts there reads the meter's own standard output.
 */
import { lstat, readlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Notice } from '../../notice/notice.ts';
import { lookAt, type FileFacts } from './open-file.ts';
import { errorCode, isMissing } from '../../text/error-code.ts';

export type Inspection =
  /** `target`: where the chain of symbolic links ends. */
  | { readonly kind: 'file'; readonly facts: FileFacts; readonly target: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'trouble'; readonly notice: Notice };

const LINKS_MAX = 16;
const TERMINAL = /^(?:\/dev\/(?:std(?:in|out|err)|fd\/|tty|pts\/|console)|\/proc\/)/;

export async function inspectPath(path: string): Promise<Inspection> {
  try {
    const target = await followLinks(path);
    if (TERMINAL.test(target)) return { kind: 'trouble', notice: terminalNotice(path, target) };
    const facts = await lookAt(target);
    if (facts === undefined) return { kind: 'missing' };
    if (facts.isFile) return { kind: 'file', facts, target };
    return { kind: 'trouble', notice: notAFileNotice(path) };
  } catch (error) {
    if (isMissing(error)) return { kind: 'missing' };
    return { kind: 'trouble', notice: unreadableNotice(path, error) };
  }
}

async function followLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let hop = 0; hop < LINKS_MAX; hop += 1) {
    if (TERMINAL.test(at)) return at;
    if (!(await lstat(at)).isSymbolicLink()) return at;
    at = resolve(dirname(at), await readlink(at));
  }
  return at;
}

function terminalNotice(path: string, target: string): Notice {
  return {
    code: 'log-is-terminal',
    subject: path,
    message:
      `${path} is a symbolic link to ${target}, as in the official nginx image: there is no file ` +
      'to follow. Add a second log to nginx.conf, `access_log /var/log/shared/access.log combined;`, ' +
      'mount a volume at /var/log/shared in both containers, and set LOG_PATHS to that file.',
  };
}

function notAFileNotice(path: string): Notice {
  return {
    code: 'log-not-a-file',
    subject: path,
    message:
      `${path} is a folder, a pipe, a socket or a device, not a file. Set LOG_PATHS to the file that ` +
      'the access_log directive in nginx.conf names (for all files of a folder: /folder/*.log).',
  };
}

export function unreadableNotice(path: string, error: unknown): Notice {
  return {
    code: 'log-unreadable',
    subject: path,
    message: `${path} cannot be read (${errorCode(error)}). ${remedyFor(error)}`,
  };
}

/** What to do about a log or a folder of logs that cannot be read. */
export function remedyFor(error: unknown): string {
  const code = errorCode(error);
  if (code === 'EMFILE' || code === 'ENFILE') {
    return 'Too many files are open: raise LimitNOFILE= of the service, `ulimits` in compose, or `ulimit -n`.';
  }
  return rightsAdvice(error) ?? 'It is tried again at every poll.';
}

/** Why a file that is read only once cannot be read, and what to do. */
export function unreadableText(path: string, error: unknown): string {
  const advice = rightsAdvice(error);
  if (advice !== undefined) return `${path} cannot be read (${errorCode(error)}). ${advice}`;
  return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** Undefined when it is not rights that are missing. */
function rightsAdvice(error: unknown): string | undefined {
  const code = errorCode(error);
  if (code !== 'EACCES' && code !== 'EPERM') return undefined;
  const who = `${process.getuid?.() ?? '?'}:${process.getgid?.() ?? '?'}`;
  return (
    `This process runs as ${who}. Give it the group that owns the log and its folder, in compose ` +
    '`group_add: ["4"]` (4 is adm on Debian; `stat -c %g` on the file tells), or run it as ' +
    'the user that nginx writes as.'
  );
}

export function missingNotice(path: string): Notice {
  return {
    code: 'log-missing',
    subject: path,
    message:
      `${path} does not exist. It is followed from its beginning once it appears; if it never ` +
      'does, compare LOG_PATHS with the access_log directives of nginx.conf and with the mounts.',
  };
}

/** The log can be read again, or for the first time. */
export function foundNotice(path: string): Notice {
  return {
    code: 'log-found',
    subject: path,
    message: `${path} is being read.`,
  };
}
