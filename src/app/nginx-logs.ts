import { basename, dirname, resolve } from 'node:path';
import type { Config, LogSetting } from '../config/config.ts';
import { logNameOf } from '../source/disk/rotated-name.ts';
import {
  type AccessLog,
  findAccessLogs,
  type LogFormatDirective,
} from '../nginx/conf/access-logs.ts';
import { readNginxConfiguration, signatureOf } from '../nginx/conf/configuration.ts';
import { nameLogs } from '../nginx/conf/log-names.ts';
import { NginxConfError } from '../nginx/conf/tokenizer.ts';
import { chooseFormats } from '../parse/format-choice.ts';
import { LogFormatError } from '../parse/format/log-format-error.ts';

/**
 * What NGINX_CONF changes in the configuration of the meter: which logs there are, and the format of
 * each. What is set wins: with LOG_PATHS only those are followed, and NGINX_CONF tells their formats;
 * with LOG_FORMAT that is the format of all.
 */
export interface NginxLogs {
  /** With the logs and formats of nginx. */
  readonly config: Config;
  /** What was found, for `check`. */
  readonly found: readonly FoundLog[];
  /** Sentences about what is not followed or was guessed. */
  readonly findings: readonly string[];
  /** Files and folders to look at for changes, and what they looked like when they were read. */
  readonly watched: readonly string[];
  readonly signature: string;
}

export interface FoundLog {
  /** Tag `log`; undefined for one that is not followed. */
  readonly name: string | undefined;
  readonly path: string;
  readonly formats: readonly LogFormatDirective[];
  readonly where: string;
  readonly parameters: readonly string[];
}

/** Texts of former formats that lines may still have after a change of the configuration. */
const FORMATS_PER_LOG_MAX = 4;

/** Undefined when NGINX_CONF is not set. Throws NginxConfError. */
export async function readNginxLogs(
  config: Config,
  before?: NginxLogs,
): Promise<NginxLogs | undefined> {
  if (config.nginxConf === undefined) return undefined;
  const main = resolve(config.nginxConf);
  const { directives, watched, findings } = await readNginxConfiguration(main);
  const { logs, findings: notes } = findAccessLogs(directives, prefixOf(main));
  const choice = new Choice(config, before);
  const found = choice.take(logs);
  const all = [...findings, ...notes, ...choice.findings];
  if (choice.settings.length === 0) {
    throw new NginxConfError(
      `${main} names no access log that can be followed. ${all.join(' ')}`.trim(),
    );
  }
  return {
    config: { ...config, logs: choice.settings, logFormats: choice.formats },
    found,
    findings: all,
    watched,
    signature: await signatureOf(watched),
  };
}

/** nginx's prefix as far as the place of its configuration tells it: of `/opt/nginx/conf` the folder above. */
function prefixOf(main: string): string {
  const folder = dirname(main);
  return basename(folder) === 'conf' ? dirname(folder) : folder;
}

class Choice {
  settings: readonly LogSetting[] = [];
  readonly formats = new Map<string, readonly string[]>();
  readonly findings: string[] = [];
  readonly #config: Config;
  readonly #before: NginxLogs | undefined;

  constructor(config: Config, before: NginxLogs | undefined) {
    this.#config = config;
    this.#before = before;
  }

  take(logs: readonly AccessLog[]): FoundLog[] {
    const isSet = (name: string) =>
      this.#config.shown.some((setting) => setting.name === name && !setting.isDefault);
    const hasOwnFormat = isSet('LOG_FORMAT');
    const usable = logs.filter((log) => hasOwnFormat || this.#isUsable(log));
    const names = isSet('LOG_PATHS') ? this.#nameGiven(usable) : this.#nameAll(usable);
    return logs.map((log) => {
      const name = names.get(log.path);
      if (name !== undefined && !hasOwnFormat && usable.includes(log)) this.#setFormat(name, log);
      const { path, where, parameters, formats } = log;
      return { name, path, where, parameters, formats };
    });
  }

  #nameAll(logs: readonly AccessLog[]): Map<string, string> {
    const names = nameLogs(logs, logNameOf);
    this.settings = logs.map(({ path }) => ({
      kind: 'file',
      name: names.get(path),
      path,
      isGlob: false,
    }));
    return names;
  }

  /** LOG_PATHS may see the files in another folder than nginx does, so a name alone is enough. */
  #nameGiven(logs: readonly AccessLog[]): Map<string, string> {
    this.settings = this.#config.logs;
    const names = new Map<string, string>();
    for (const { path } of logs) {
      const file = basename(path);
      const isAlone = logs.filter((other) => basename(other.path) === file).length === 1;
      const files = this.settings.filter((log) => log.kind === 'file');
      const setting =
        files.find((log) => resolve(log.path) === path) ??
        files.find((log) => isAlone && !log.isGlob && basename(log.path) === file);
      const byGlob = isAlone && files.some((log) => log.isGlob && log.name === undefined);
      const name = setting?.name ?? (byGlob ? logNameOf(file) : undefined);
      if (name !== undefined) names.set(path, name);
    }
    return names;
  }

  /** Whether lines of the log can be measured: a log of bytes alone has neither time nor status. */
  #isUsable({ path, formats, where }: AccessLog): boolean {
    for (const { name, text } of formats) {
      try {
        chooseFormats(text);
      } catch (error) {
        if (!(error instanceof LogFormatError)) throw error;
        const [sentence = ''] = error.message.split('\n');
        this.findings.push(
          `${where}: ${path} is not followed, for its format "${name}": ${sentence}`,
        );
        return false;
      }
    }
    return true;
  }

  #setFormat(name: string, log: AccessLog): void {
    const now = log.formats.map(({ text }) => text);
    const former = this.#before?.config.logFormats.get(name) ?? [];
    const texts = [...new Set([...now, ...former])].slice(0, FORMATS_PER_LOG_MAX);
    // `auto` knows more than any list does; a text beside it would only be tried twice.
    this.formats.set(name, texts.includes('auto') ? ['auto'] : texts);
  }
}

/**
 * Everything that makes a difference, as text. Former formats make none; they are in `logFormats`
 * only.
 */
export function saysOf({ config, found }: NginxLogs): string {
  return JSON.stringify([
    config.logs,
    found.map(({ path, name, formats }) => [path, name, formats]),
  ]);
}
