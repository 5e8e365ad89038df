import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'dotenv';
import { ConfigError, type Fault, shownValue } from './config-error.ts';
import { influxFaults, influxSettings } from './influx-rules.ts';
import { jsonKeyFaults } from './json-key-rules.ts';
import type { LogSetting } from './log-setting.ts';
import { type Settings, settings } from './schema.ts';
import { readSecretFile } from './secret.ts';
import { aboutSettings } from './setting.ts';
import { warnAboutUnknown } from './unknown-names.ts';
import { parseDurationMs } from './units.ts';
import { printable } from '../text/printable.ts';
import { errorCode } from '../text/error-code.ts';

/**
 * The configuration: read once at the start from the environment and `.env`, checked whole, and
 * frozen. Nothing else in the project reads the environment.
 *
 * An empty variable counts as unset, because `NAME=${NAME:-}` in a compose file makes such ones.
 */

export type { LogSetting };

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a setting is shown to people; the value of a secret is `[redacted]`. */
export interface ShownSetting {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
}

/** Frozen. */
export interface Config extends Readonly<ReturnType<typeof assemble>> {
  /** Sentences about unknown variables that were probably meant for the meter. */
  readonly warnings: readonly string[];
  /** Every setting as it is in force, in the order of the schema. */
  readonly shown: readonly ShownSetting[];
}

/**
 * The process's environment, completed by the `.env` in `folder`, which never overrides it.
 * Throws a ConfigError if there is a `.env` that cannot be read.
 */
export function readEnvironment(folder = process.cwd()): Environment {
  const path = resolve(folder, '.env');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { ...process.env };
    throw new ConfigError([unreadableEnvFile(path, error)]);
  }
  return { ...parse(text), ...process.env };
}

/** Throws a ConfigError that lists everything that is wrong. */
export function loadConfig(environment: Environment): Config {
  const names = Object.keys(settings.shape);
  const faults: Fault[] = [];
  const given = givenTexts(environment, faults);
  const result = settings.safeParse(Object.fromEntries(given));
  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0]);
    const params: Readonly<Record<string, unknown>> =
      issue.code === 'custom' ? (issue.params ?? {}) : {};
    const { hint, figure } = params;
    const isFromFile = (environment[name] ?? '') === '' && given.has(name);
    faults.push({
      name: isFromFile ? `${name}_FILE` : name,
      value: about(name)?.secret === true ? undefined : shownSetting(name, given.get(name) ?? ''),
      problem: printable(issue.message),
      allowed: about(name)?.allowed.replaceAll('`', ''),
      hint: typeof hint === 'string' ? shownValue(hint) : undefined,
      figure: Array.isArray(figure) ? figure.map(String) : [],
    });
  }
  faults.push(...influxFaults(given), ...windowFaults(given), ...dimensionFaults(given));
  faults.push(...jsonKeyFaults(given));
  const known = names.flatMap((name) => (about(name)?.secret ? [name, `${name}_FILE`] : [name]));
  const present = Object.keys(environment).filter((name) => environment[name] !== undefined);
  const warnings = warnAboutUnknown(present, known).map((warning) => shownValue(warning));
  if (faults.length > 0 || !result.success) throw new ConfigError(faults, warnings);
  const config = assemble(result.data, environment);
  return deepFreeze({
    ...config,
    warnings,
    shown: shownSettings(names, given, config),
  });
}

function about(name: string) {
  const schema = Object.entries(settings.shape).find(([key]) => key === name)?.[1];
  return schema === undefined ? undefined : aboutSettings.get(schema);
}

/** Paths that say which API is meant. Any other one may be a secret, as those of some gateways are. */
const OPEN_PATH = /^\/?(?:api\/v2\/write|api\/v3\/write_lp|write|query|ping)?\/?$/;

/** The URL may hold a password: before the `@`, in its path, or in the query of a v1 write URL. */
function shownSetting(name: string, text: string): string {
  if (name !== 'INFLUX_URL') return shownValue(text);
  const bare = text
    .replace(/^([a-z+.-]*:?\/*).*@/is, '$1[redacted]@')
    .replace(/[?#].*$/s, '?[redacted]');
  const [, start = '', host = '', path = '', query = ''] =
    /^([a-z+.-]*:\/\/)?([^/?]*)([^?]*)(.*)$/is.exec(bare) ?? [];
  return shownValue(start + host + (OPEN_PATH.test(path) ? path : '/[redacted]') + query);
}

/** The text of every setting that is set, secrets read from their files. */
function givenTexts(environment: Environment, faults: Fault[]): Map<string, string> {
  const given = new Map<string, string>();
  for (const name of Object.keys(settings.shape)) {
    const text = environment[name];
    if (text !== undefined && text !== '') given.set(name, text);
    const fileName = `${name}_FILE`;
    const path = environment[fileName];
    if (about(name)?.secret !== true || path === undefined || path === '') continue;
    if (given.has(name)) {
      const problem = `and ${fileName} are both set`;
      faults.push({ name, value: undefined, problem, allowed: 'one of the two', hint: undefined });
      continue;
    }
    try {
      const secret = readSecretFile(path);
      if (secret !== '') given.set(name, secret);
      else faults.push(wrongFile(fileName, path, 'names an empty file'));
    } catch (error) {
      faults.push(unreadable(fileName, path, error));
    }
  }
  return given;
}

/** What stands there is shown if it is a path: it may be the secret itself, put there by mistake. */
function wrongFile(name: string, path: string, problem: string, hint?: string): Fault {
  const allowed = 'the path of a file that holds the secret and nothing else';
  const isPath = isAbsolute(path) && existsSync(dirname(path));
  return { name, value: isPath ? shownValue(path) : undefined, problem, allowed, hint };
}

function unreadable(name: string, path: string, error: unknown): Fault {
  const code = errorCode(error);
  if (code === 'ENOENT') return wrongFile(name, path, 'names a file that does not exist');
  if (code === 'EISDIR') return wrongFile(name, path, 'names a folder');
  return code === 'EACCES'
    ? wrongFile(name, path, 'names a file that may not be read', readableHint())
    : wrongFile(name, path, `names a file that cannot be read (${code})`);
}

function unreadableEnvFile(path: string, error: unknown): Fault {
  const code = errorCode(error);
  const allowed = 'a file with lines of NAME=value, or none';
  const fault = { name: shownValue(path), value: undefined, allowed };
  if (code === 'EISDIR') {
    const hint =
      'remove it. Docker makes such a folder where the file of a bind mount is missing: then ' +
      'make the file there first';
    return { ...fault, problem: 'is a folder, not a file', hint };
  }
  return code === 'EACCES'
    ? { ...fault, problem: 'may not be read', hint: readableHint() }
    : { ...fault, problem: `cannot be read (${code})`, hint: undefined };
}

function readableHint(): string {
  return `make it readable for user ${process.getuid?.() ?? 'of this process'}`;
}

/** What is read of a setting: its text, else its default. */
function textOf(name: keyof Settings, given: ReadonlyMap<string, string>): string {
  return given.get(name) ?? about(name)?.default ?? '';
}

/** Open windows are kept in memory and in the checkpoint, so their number has a bound. */
const OPEN_WINDOWS_MAX = 720;

function windowFaults(given: ReadonlyMap<string, string>): Fault[] {
  const windowText = textOf('WINDOW', given);
  const latenessText = textOf('LATENESS', given);
  const windowMs = parseDurationMs(windowText);
  const latenessMs = parseDurationMs(latenessText);
  // Values that are wrong on their own have been reported already.
  if (windowMs === undefined || latenessMs === undefined || windowMs === 0) return [];
  if (latenessMs / windowMs <= OPEN_WINDOWS_MAX) return [];
  return [
    {
      name: 'LATENESS',
      value: shownValue(latenessText),
      problem: `spans more than ${OPEN_WINDOWS_MAX} windows of ${shownValue(windowText)}`,
      allowed: `up to ${OPEN_WINDOWS_MAX} × WINDOW`,
      hint: 'a longer WINDOW or a shorter LATENESS',
    },
  ];
}

const DIMENSION_WINDOW_S = 60;

function dimensionWindowS({ DIMENSION_WINDOW, WINDOW }: Settings): number | undefined {
  if (DIMENSION_WINDOW === 'off') return undefined;
  return DIMENSION_WINDOW ?? Math.max(DIMENSION_WINDOW_S, WINDOW);
}

function dimensionFaults(given: ReadonlyMap<string, string>): Fault[] {
  const text = given.get('DIMENSION_WINDOW');
  const windowText = textOf('WINDOW', given);
  const windowMs = parseDurationMs(windowText);
  const dimensionMs = text === undefined ? undefined : parseDurationMs(text);
  if (text === undefined || windowMs === undefined || dimensionMs === undefined) return [];
  if (windowMs === 0 || dimensionMs % windowMs === 0) return [];
  return [
    {
      name: 'DIMENSION_WINDOW',
      value: shownValue(text),
      problem: `is no multiple of WINDOW, ${shownValue(windowText)}`,
      allowed: 'a whole number of windows',
      hint: undefined,
    },
  ];
}

/** The settings in the form in which the rest of the program takes them. */
function assemble(read: Settings, environment: Environment) {
  const noFormats: ReadonlyMap<string, readonly string[]> = new Map();
  const dumbTerminal = environment['TERM'] === 'dumb';
  const fileOf = (name: string) => environment[`${name}_FILE`] || undefined;
  return {
    logs: read.LOG_PATHS,
    /** `auto`, a preset's name, or the text of a `log_format` directive. */
    logFormat: read.LOG_FORMAT,
    /** nginx's configuration, which tells the logs and their formats; undefined: it is not read. */
    nginxConf: read.NGINX_CONF,
    /** What createParser takes, by log, for those that have a format of their own. */
    logFormats: noFormats,
    /** Variable of nginx → path of its key, for JSON logs whose format is not given. */
    logJsonKeys: read.LOG_JSON_KEYS,
    readFrom: read.READ_FROM,
    maxLineBytes: read.MAX_LINE_BYTES,
    maxLogs: read.MAX_LOGS,
    pollIntervalMs: read.POLL_INTERVAL,
    watchPolling: read.WATCH_POLLING,
    /** Undefined: the meter rotates nothing. */
    rotateAtBytes: read.ROTATE_AT,
    rotatePidFile: read.ROTATE_PID_FILE,
    windowS: read.WINDOW,
    windowMs: read.WINDOW * 1000,
    latenessMs: read.LATENESS,
    errorStatusMin: read.ERROR_STATUS_MIN,
    maxSites: read.MAX_SITES,
    /** Undefined: no dimensions. */
    dimensionWindowS: dimensionWindowS(read),
    maxRoutes: read.MAX_ROUTES,
    routes: read.ROUTES,
    ignore: read.IGNORE,
    clientIp: read.CLIENT_IP,
    clientFrom: read.CLIENT_IP_FROM,
    keepQuery: read.KEEP_QUERY,
    /** Undefined: no countries. */
    geoipDb: read.GEOIP_DB,
    hostTag: read.HOST_TAG ?? hostname(),
    /** Sorted by name. */
    tags: read.TAGS,
    rewrite: read.REWRITE,
    /** Undefined: no database; the points stay in the spool. */
    influx: influxSettings({
      ...read,
      INFLUX_PASSWORD: read.INFLUX_PASSWORD?.from(fileOf('INFLUX_PASSWORD')),
      INFLUX_TOKEN: read.INFLUX_TOKEN?.from(fileOf('INFLUX_TOKEN')),
    }),
    /** Absolute path. */
    stateDir: resolve(read.STATE_DIR ?? defaultStateDir()),
    spoolMaxBytes: read.SPOOL_MAX_BYTES,
    /** Undefined: no history. */
    historyMs: read.HISTORY,
    historyMaxBytes: read.HISTORY_MAX_BYTES,
    /** Undefined: no status server. */
    listen: read.LISTEN,
    page: read.PAGE,
    pagePassword: read.PAGE_PASSWORD,
    /** In lower case. */
    pageHosts: read.PAGE_HOSTS,
    logLevel: read.LOG_LEVEL,
    logPretty: read.LOG_PRETTY,
    /** Whether colours may be used on a terminal (https://no-color.org, and `TERM=dumb`). */
    color: !dumbTerminal && (environment['NO_COLOR'] ?? '') === '',
    /** Whether the terminal understands cursor movements. */
    dumbTerminal,
  };
}

const SYSTEM_STATE_DIR = '/var/lib/nginx-meter';

/** The system's folder where an installation has made one (the image does), else one beside us. */
function defaultStateDir(): string {
  try {
    accessSync(SYSTEM_STATE_DIR, constants.W_OK);
    return statSync(SYSTEM_STATE_DIR).isDirectory() ? SYSTEM_STATE_DIR : 'state';
  } catch {
    return 'state';
  }
}

function shownSettings(
  names: readonly string[],
  given: ReadonlyMap<string, string>,
  config: Pick<Config, 'hostTag' | 'stateDir'>,
): ShownSetting[] {
  const machine = new Map([
    ['HOST_TAG', config.hostTag],
    ['STATE_DIR', config.stateDir],
  ]);
  return names.map((name) => {
    const text = given.get(name);
    const isDefault = text === undefined;
    if (!isDefault && about(name)?.secret === true) return { name, value: '[redacted]', isDefault };
    const value = machine.get(name) ?? text ?? about(name)?.default ?? '';
    return { name, value: shownSetting(name, value), isDefault };
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    // Bytes cannot be frozen.
    if (ArrayBuffer.isView(value)) return value;
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
