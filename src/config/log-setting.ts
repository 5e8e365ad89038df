import { basename } from 'node:path';
import { logNameOf } from '../source/disk/rotated-name.ts';
import { Refusal } from './setting.ts';

/** One entry of LOG_PATHS: files, standard input, or an address to receive syslog messages at. */
export type LogSetting = FileSetting | StdinSetting | SyslogSetting;

export interface FileSetting {
  readonly kind: 'file';
  /** Tag `log`; undefined for a glob without a name, where every file found is named after itself. */
  readonly name: string | undefined;
  /** A path or a glob, as written. */
  readonly path: string;
  readonly isGlob: boolean;
}

export interface StdinSetting {
  readonly kind: 'stdin';
  readonly name: string;
  /** As written: `-`. */
  readonly path: string;
}

export interface SyslogSetting {
  readonly kind: 'syslog';
  /** The log of every tag that is not in `tags`; undefined: each tag is a log of its own name. */
  readonly name: string | undefined;
  /** As written, without the name. */
  readonly path: string;
  readonly host: string;
  readonly port: number;
  /** Names of logs by tag. */
  readonly tags: Readonly<Record<string, string>>;
}

const LOG_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isLogName(text: string): boolean {
  return LOG_NAME.test(text);
}

/** nginx takes letters, digits and `_`, at most 32; other senders take more. */
const TAG = /^[A-Za-z0-9_.-]{1,64}$/;
const SCHEME = /^[a-z][a-z0-9.+-]*:\/\//i;
const SYSLOG =
  /^syslog(?:\+udp)?:\/\/(?:\[([0-9a-f:.%]+)\]|([A-Za-z0-9._-]*))(?::(\d*))?([^?]*)(?:\?(.*))?$/i;

/** Reads one entry: a path, a glob, `-` or a syslog URL, perhaps with `name=` before it. */
export function readLogSetting(part: string): LogSetting | Refusal {
  const equals = part.indexOf('=');
  const before = equals > 0 ? part.slice(0, equals).trim() : '';
  const isNamed = equals > 0 && !before.includes('/');
  const path = isNamed ? part.slice(equals + 1).trim() : part;
  const given = isNamed ? before : undefined;
  if (isNamed && !LOG_NAME.test(before)) {
    return new Refusal(`has the name "${before}", which is no name for a log`, `access=${path}`);
  }
  if (path === '') return new Refusal(`names the log "${before}" but gives no path`);
  if (path === '-') return { kind: 'stdin', name: given ?? 'stdin', path };
  if (SCHEME.test(path)) return readSyslog(path, given);
  // A folder is a mistake that can be seen from the text; other kinds of file are seen at run time.
  if (path.endsWith('/')) return new Refusal(`has "${path}", which is a folder`, `${path}*.log`);
  const isGlob = /[*?[{]/.test(path);
  const name = given ?? (isGlob ? undefined : logNameOf(basename(path)));
  return { kind: 'file', name, path, isGlob };
}

function readSyslog(path: string, name: string | undefined): SyslogSetting | Refusal {
  const match = SYSLOG.exec(path);
  if (match === null) {
    if (/^syslog\+tcp:/i.test(path)) {
      return new Refusal(
        `has "${path}", but nginx sends syslog over UDP only`,
        path.replace(/^[^:]*/, 'syslog'),
      );
    }
    const file = /^file:\/\/(\/.*)$/i.exec(path)?.[1];
    return new Refusal(
      `has "${path}", whose scheme is neither syslog nor syslog+udp`,
      file ?? path.replace(/^[^:]*/, 'syslog').replace(/[?].*$/, ''),
    );
  }
  const [, v6, plain, portText, rest, query] = match;
  const host = v6 ?? plain ?? '';
  const shownHost = v6 === undefined ? host : `[${v6}]`;
  const scheme = path.slice(0, path.indexOf('://') + 3);
  if (rest !== '' && rest !== '/') {
    return new Refusal(`has "${path}", which is no address with a port`, `${scheme}0.0.0.0:5514`);
  }
  const port = Number(portText);
  if (host === '') {
    const hint = `${scheme}0.0.0.0:${port || 5514} for every address, or ${scheme}127.0.0.1:${port || 5514}`;
    return new Refusal(`has "${path}", which names no address to listen at`, hint);
  }
  if (portText === undefined || portText === '') {
    return new Refusal(`has "${path}", which has no port`, `${scheme}${shownHost}:5514`);
  }
  if (port < 1 || port > 65535) {
    const hint = `${scheme}${shownHost}:5514`;
    return new Refusal(`has "${path}", whose port is not from 1 to 65535`, hint);
  }
  const tags = readTagNames(path, query);
  if (tags instanceof Refusal) return tags;
  return { kind: 'syslog', name, path, host, port, tags };
}

/** `shop=tag1&shop=tag2&blog=tag3`: the names of the logs by tag. */
function readTagNames(path: string, query = ''): Readonly<Record<string, string>> | Refusal {
  const tags = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const log = pair.slice(0, Math.max(0, equals));
    const tag = pair.slice(equals + 1);
    if (!LOG_NAME.test(log) || !TAG.test(tag)) {
      return new Refusal(
        `has "${path}", where "${pair}" is no name of a log with a tag`,
        `${path.slice(0, path.indexOf('?'))}?shop=tag1&blog=tag2`,
      );
    }
    const other = tags.get(tag);
    if (other !== undefined) {
      return new Refusal(`has "${path}", which gives the tag "${tag}" to both ${other} and ${log}`);
    }
    tags.set(tag, log);
  }
  return Object.fromEntries(tags);
}

/** Every name of a log that an entry has; files of a glob and tags without a name are named later. */
export function namesOf(log: LogSetting): string[] {
  const own = log.name === undefined ? [] : [log.name];
  return log.kind === 'syslog' ? [...own, ...new Set(Object.values(log.tags))] : own;
}

/** Why two entries cannot stand beside each other; undefined when they can. */
export function conflict(first: LogSetting, second: LogSetting): Refusal | undefined {
  if (first.path === second.path) return new Refusal(`lists ${first.path} twice`);
  if (first.kind === 'syslog' && second.kind === 'syslog') {
    if (first.host === second.host && first.port === second.port) {
      return new Refusal(`listens twice at the address of ${first.path} and ${second.path}`);
    }
  }
  const names = namesOf(first);
  const shared = namesOf(second).find((name) => names.includes(name));
  if (shared === undefined) return undefined;
  return new Refusal(
    `calls both ${first.path} and ${second.path} "${shared}", so their points would overwrite each other`,
    `give each a name: first=${first.path},second=${second.path}`,
  );
}
