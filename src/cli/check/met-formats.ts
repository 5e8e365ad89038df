import { clientVariable, clientVariableMissing } from '../../app/client-variable.ts';
import type { Config } from '../../config/config.ts';
import type { FoundLog } from '../../app/nginx-logs.ts';
import { ADVISED_NAME, adviseOn } from '../../parse/advice/format-advice.ts';
import { AUTO, chooseFormats, CUSTOM } from '../../parse/format-choice.ts';
import { variablesOf } from '../../parse/advice/format-variables.ts';
import { printable } from '../../text/printable.ts';
import type { Survey } from './line-survey.ts';

/** The formats that `check` met, and what is weak in them. */

interface MetFormat {
  /** What was set, and what it turned out to be. */
  readonly setting: string;
  readonly formatName: string;
  readonly families: number;
  /** Of the logs that have it, as nginx names them where that is known. */
  readonly paths: Set<string>;
}

/** Where nginx logs unless it is told otherwise, for a format that was met in no log. */
const USUAL_PATH = '/var/log/nginx/access.log';

export class MetFormats {
  readonly #met = new Map<string, MetFormat>();
  /** Names of log_format directives by their texts, and paths by log, both as nginx has them. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #paths: ReadonlyMap<string | undefined, string>;
  readonly #client: string | undefined;
  /** Formats that lack the variable of CLIENT_IP_FROM, by display name, and their logs. */
  readonly #withoutClient = new Map<string, Set<string>>();

  constructor(config: Config, found: readonly FoundLog[]) {
    const { logFormat, logFormats } = config;
    this.#client = clientVariable(config);
    this.#names = new Map(
      found.flatMap(({ formats }) => formats.map(({ text, name }) => [text, name])),
    );
    this.#paths = new Map(found.map(({ name, path }) => [name, path]));
    for (const [log, settings] of logFormats) {
      this.#addSetting(settings[0] ?? AUTO, this.#paths.get(log));
      for (const setting of settings) this.#checkSetting(setting, log);
    }
    if (logFormats.size > 0) return;
    this.#addSetting(logFormat);
    this.#checkSetting(logFormat);
  }

  /** `from`: the log that has it; undefined for FILE, which may be a copy from anywhere. */
  add(
    setting: string,
    survey: Pick<Survey, 'formatName' | 'families' | 'lacksClient'>,
    from?: { readonly log: string; readonly path: string },
  ): void {
    const { formatName, families, lacksClient } = survey;
    const path = from === undefined ? undefined : (this.#paths.get(from.log) ?? from.path);
    this.#add(setting, formatName, families, path);
    // With several custom formats it is unknown which one this is; all have been looked at.
    if (lacksClient && formatName !== CUSTOM) this.#addWithoutClient(formatName, from?.log);
  }

  /** A sentence for each format that lacks the variable of CLIENT_IP_FROM. */
  troubles(): string[] {
    const client = this.#client;
    if (client === undefined) return [];
    return Array.from(this.#withoutClient, ([format, logs]) =>
      clientVariableMissing(client, format, [...logs]),
    );
  }

  /** Lines to print. */
  weaknesses(): string[] {
    const lines: string[] = [];
    let advised = 0;
    for (const met of this.#met.values()) {
      const { setting, formatName, families } = met;
      const label = printable(this.#nameOf(setting, formatName));
      for (const format of chooseFormats(formatName === CUSTOM ? setting : formatName)) {
        for (const sentence of format.ambiguities) {
          lines.push(`Format ${label}: ${printable(sentence)}`, '');
        }
      }
      const advice = adviseOn(setting, formatName, families);
      if (advice === undefined) continue;
      advised++;
      // nginx refuses two formats of one name.
      const name = advised === 1 ? ADVISED_NAME : `${ADVISED_NAME}${advised}`;
      const [head = '', ...rest] = advice.directive;
      const directive = [head.replace(ADVISED_NAME, name), ...rest, accessLog(met, name)];
      lines.push(
        `Format ${label} has no ${advice.missing.join(', ')}. To have them, write in nginx.conf:`,
        '',
        ...directive.map((line) => `    ${printable(line)}`),
        '',
      );
    }
    return lines;
  }

  /** Of a format of one's own the name in nginx's configuration, where it is from there. */
  #nameOf(setting: string, formatName: string): string {
    return formatName === CUSTOM ? (this.#names.get(setting) ?? formatName) : formatName;
  }

  /** A format that was set is known without a line of it. */
  #addSetting(setting: string, path?: string): void {
    const [format, ...more] = chooseFormats(setting);
    if (format === undefined || more.length > 0 || format.families === undefined) return;
    this.#add(setting, format.name, format.families, path);
  }

  #checkSetting(setting: string, log?: string): void {
    const [format, ...more] = chooseFormats(setting);
    if (format === undefined || more.length > 0 || this.#client === undefined) return;
    if (variablesOf(format)?.includes(this.#client) !== false) return;
    this.#addWithoutClient(this.#nameOf(setting, format.name), log);
  }

  #addWithoutClient(format: string, log: string | undefined): void {
    const logs = this.#withoutClient.get(format) ?? new Set();
    if (log !== undefined) logs.add(log);
    this.#withoutClient.set(format, logs);
  }

  #add(setting: string, formatName: string, families: number, path: string | undefined): void {
    if (formatName === AUTO) return;
    const key = formatName === CUSTOM ? setting : formatName;
    const paths = new Set(this.#met.get(key)?.paths);
    if (path !== undefined) paths.add(path);
    this.#met.set(key, { setting, formatName, families, paths });
  }
}

function accessLog({ paths }: MetFormat, name: string): string {
  const [path = USUAL_PATH] = paths;
  const more = paths.size > 1 ? ` # and so for ${paths.size - 1} more` : '';
  return `access_log ${path} ${name};${more}`;
}
