import { isReservedTagName } from '../points/schema.ts';
import { editDistance } from '../text/nearest-word.ts';
import { chooseFormats } from '../parse/format-choice.ts';
import { LogFormatError } from '../parse/format/log-format-error.ts';
import { conflict, type LogSetting, readLogSetting } from './log-setting.ts';
import { type Reader, Refusal } from './setting.ts';
import { headerProblem, Secret } from './secret.ts';
import { formatDuration, parseDurationMs } from './units.ts';

/** The readers of settings that have a form of their own. */

/** Where the status server listens. */
export interface ListenSetting {
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
}

/** Splits at commas that are not within the braces of a glob such as `{a,b}.log`. */
function splitPaths(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}') depth = Math.max(0, depth - 1);
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

export const readLogPaths: Reader<readonly LogSetting[]> = (text) => {
  const logs: LogSetting[] = [];
  for (const part of splitPaths(text)) {
    const log = readLogSetting(part);
    if (log instanceof Refusal) return log;
    for (const other of logs) {
      const refusal = conflict(other, log);
      if (refusal !== undefined) return refusal;
    }
    logs.push(log);
  }
  return logs.length === 0 ? new Refusal('lists no log') : logs;
};

/** Text that may stand as a tag value in line protocol without being changed. */
function tagValueProblem(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (Buffer.byteLength(value) > 200) return 'is longer than 200 bytes';
  return /[\u0000-\u001f\u007f-\u009f\\\u2028\u2029]/.test(value)
    ? 'has a control character or a backslash'
    : undefined;
}

export const readHostTag: Reader<string> = (text) => {
  const problem = tagValueProblem(text.trim());
  return problem === undefined ? text.trim() : new Refusal(problem);
};

/** Sorted by name, as line protocol wants them. */
export const readTags: Reader<Readonly<Record<string, string>>> = (text) => {
  const tags = new Map<string, string>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) return new Refusal(`has "${part.trim()}" without a value`, `${part.trim()}=…`);
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(key)) {
      return new Refusal(`has "${key}", which is no name for a tag`);
    }
    if (isReservedTagName(key)) {
      return new Refusal(`has "${key}", a name that the points use themselves`, `my_${key}=…`);
    }
    if (tags.has(key)) return new Refusal(`gives "${key}" twice`);
    const problem = tagValueProblem(value);
    if (problem !== undefined) return new Refusal(`has a value for "${key}" that ${problem}`);
    tags.set(key, value);
  }
  if (tags.size > 20) return new Refusal(`gives ${tags.size} tags, and 20 is the limit`);
  const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted);
};

const DIVISORS_OF_60 = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];

/** Every length a window may have: windows then never cross a minute's or an hour's border. */
const WINDOW_LENGTHS_S = [
  ...DIVISORS_OF_60,
  ...DIVISORS_OF_60.map((minutes) => minutes * 60),
  3600,
];

/** Whole seconds. */
export const readWindowS: Reader<number> = (text) => {
  const ms = parseDurationMs(text);
  if (ms === undefined) {
    const lacksUnit = /^\d+$/.test(text.trim());
    return lacksUnit
      ? new Refusal('has no unit', `${text.trim()}s`)
      : new Refusal('is no duration');
  }
  const seconds = ms / 1000;
  if (WINDOW_LENGTHS_S.includes(seconds)) return seconds;
  const nearest = WINDOW_LENGTHS_S.reduce((best, length) =>
    Math.abs(length - seconds) < Math.abs(best - seconds) ? length : best,
  );
  return new Refusal('divides neither a minute nor an hour', formatDuration(nearest * 1000));
};

/** Undefined: no server. */
export const readListen: Reader<ListenSetting | undefined> = (text) => {
  const value = text.trim();
  if (value.toLowerCase() === 'off') return undefined;
  if (/^\d+$/.test(value)) return new Refusal('is a port without an address', `127.0.0.1:${value}`);
  if (/^:\d+$/.test(value)) return new Refusal('has no address', `0.0.0.0${value}`);
  if (/^https?:/i.test(value)) return new Refusal('is a URL', '127.0.0.1:9145');
  const match = /^(?:\[([0-9a-f:.%a-z]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/i.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (match === null || host === undefined) {
    if (editDistance(value.toLowerCase(), 'off') === 1) return new Refusal('is no address', 'off');
    const bareV6 = /^([0-9a-f:]*:[0-9a-f:]*):(\d+)$/i.exec(value);
    const hint = bareV6 === null ? undefined : `[${bareV6[1]}]:${bareV6[2]}`;
    return new Refusal('is no address with a port', hint);
  }
  return port > 65535 ? new Refusal('has a port above 65535') : { host, port };
};

/** In lower case. */
export const readHostNames: Reader<readonly string[]> = (text) => {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  for (const name of names) {
    const [, host = ''] = /^(?:https?:\/\/)?([a-z0-9._-]+)(?::\d+)?\/?$/.exec(name) ?? [];
    if (host !== name) return new Refusal('has what is no name of a host', host || undefined);
  }
  return names;
};

/** The base address of an InfluxDB, without a trailing slash. */
export const readInfluxUrl: Reader<string> = (text) => {
  const url = URL.parse(text.trim());
  if (url === null || !/^[a-z]+:\/\//i.test(text.trim())) {
    const bare = /^[A-Za-z0-9._-]+(?::\d+)?\/?$/.test(text.trim());
    return new Refusal('is no URL', bare ? `http://${text.trim()}` : undefined);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return new Refusal('is neither http nor https', `http://${url.host}`);
  }
  if (url.username !== '' || url.password !== '') {
    return new Refusal(
      'has a user or password in it, which would show in logs',
      `INFLUX_URL=${url.origin} with INFLUX_USER and INFLUX_PASSWORD (or INFLUX_PASSWORD_FILE)`,
    );
  }
  const hasQuery = url.search !== '' || url.hash !== '';
  const path = url.pathname.replace(/\/+$/, '');
  const base = path.replace(/\/(?:api\/v2\/write|api\/v3\/write_lp|write|query)$/, '');
  if (hasQuery || base !== path) {
    // A path may be a secret, as those of some gateways are.
    const prefix = base === '' ? '' : '/…';
    const hint = `${url.origin}${prefix}, and INFLUX_DB or INFLUX_BUCKET for where to write`;
    return new Refusal('is more than the base address', hint);
  }
  return `${url.origin}${path}`;
};

export const readText: Reader<string> = (text) => text;

/** Basic authentication divides user and password at the first colon. */
export const readUser: Reader<string> = (text) =>
  text.includes(':') ? new Refusal('has a colon in it, which no request can carry') : text;

export const readToken: Reader<Secret> = (text) => {
  const problem = headerProblem(text);
  if (problem === undefined) return new Secret(text, undefined, headerProblem);
  return new Refusal(problem, 'the token alone, on one line');
};

export const readFolder: Reader<string> = (text) =>
  text.includes('\0') ? new Refusal('has a NUL character') : text;

const JSON_KEYS_MAX = 100;

/** `status=resp.code,request_time_ms=took`: variable of nginx → path of its key. */
export const readJsonKeys: Reader<ReadonlyMap<string, string>> = (text) => {
  const keys = new Map<string, string>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const variable = part.slice(0, Math.max(0, equals)).trim().replace(/^\$/u, '');
    const path = part.slice(equals + 1).trim();
    if (equals < 0 || path === '') {
      return new Refusal(`has "${part.trim()}" without a key`, `${part.trim()}=key`);
    }
    if (!/^\w+$/u.test(variable)) return new Refusal(`has "${variable}", which is no variable`);
    if (keys.has(variable)) return new Refusal(`names $${variable} twice`);
    if (/["\\\u0000-\u001f]/u.test(path)) {
      return new Refusal(
        `has the key "${path}" with a quote, backslash or control character in it`,
      );
    }
    keys.set(variable, path);
  }
  return keys.size > JSON_KEYS_MAX ? new Refusal(`names more than ${JSON_KEYS_MAX} keys`) : keys;
};

/** Compiles the format only to see that it can be; the parser compiles it for itself. */
export const readLogFormat: Reader<string> = (text) => {
  try {
    chooseFormats(text);
    return text;
  } catch (error) {
    if (!(error instanceof LogFormatError)) throw error;
    const [sentence = '', ...figure] = error.message.split('\n');
    return new Refusal(`is no log format: ${sentence.replace(/\.$/, '')}`, undefined, figure);
  }
};
