import type { Config } from '../config.ts';
import type { FoundLog } from '../nginx-logs.ts';
import { ADVISED_NAME, adviseOn } from '../parse/format-advice.ts';
import { chooseFormats } from '../parse/format-choice.ts';
import { printable } from '../printable.ts';

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

  constructor({ logFormat, logFormats }: Config, found: readonly FoundLog[]) {
    this.#names = new Map(
      found.flatMap(({ formats }) => formats.map(({ text, name }) => [text, name])),
    );
    this.#paths = new Map(found.map(({ name, path }) => [name, path]));
    if (logFormats.size === 0) this.#addSetting(logFormat);
    for (const [log, [first]] of logFormats)
      this.#addSetting(first ?? 'auto', this.#paths.get(log));
  }

  /** `from`: the log that has it; undefined for FILE, which may be a copy from anywhere. */
  add(
    setting: string,
    { formatName, families }: Pick<MetFormat, 'formatName' | 'families'>,
    from?: { readonly log: string; readonly path: string },
  ): void {
    const path = from === undefined ? undefined : (this.#paths.get(from.log) ?? from.path);
    this.#add(setting, formatName, families, path);
  }

  /** Lines to print. */
  weaknesses(): string[] {
    const lines: string[] = [];
    let advised = 0;
    for (const met of this.#met.values()) {
      const { setting, formatName, families } = met;
      const label = printable(this.#nameOf(setting, formatName));
      for (const format of chooseFormats(formatName === 'custom' ? setting : formatName)) {
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
    return formatName === 'custom' ? (this.#names.get(setting) ?? formatName) : formatName;
  }

  /** A format that was set is known without a line of it. */
  #addSetting(setting: string, path?: string): void {
    const [format, ...more] = chooseFormats(setting);
    if (format === undefined || more.length > 0 || format.families === undefined) return;
    this.#add(setting, format.name, format.families, path);
  }

  #add(setting: string, formatName: string, families: number, path: string | undefined): void {
    if (formatName === 'auto') return;
    const key = formatName === 'custom' ? setting : formatName;
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
