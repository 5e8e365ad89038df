/**
 * Which log a tag means. Strangers choose the tags, so there is a bound: at most `LOGS_MAX` names come
 * from tags over all restarts (the checkpoint remembers them), the rest is the log `other`. A tag
 * cannot claim the name of a log that something else feeds.
 */

export const LOGS_MAX = 50;
export const OTHER_LOG = 'other';

export interface SyslogLogsOptions {
  /** Names of logs by tag. */
  readonly tags: Readonly<Record<string, string>>;
  /** The log of all other tags; undefined: each tag is a log of its own name. */
  readonly log: string | undefined;
  /** Names that tags were given before the start. */
  readonly known: readonly string[];
  /** Whether a file or another receiver feeds a log of this name. */
  readonly isTaken: (log: string) => boolean;
  /** A tag that was met for the first time is counted as `OTHER_LOG`, and why. */
  readonly onOther: (tag: string, reason: 'taken' | 'too-many') => void;
}

/** A name that a log may have; a tag may begin otherwise. */
const LOG_NAME = /^[A-Za-z0-9_]/;

export class SyslogLogs {
  /** Names of the logs; what `indexOf` gives is an index into this. */
  readonly names: string[] = [];
  /** Names that came from tags, in the order they were met. */
  readonly #received: string[] = [];
  readonly #tags: { readonly bytes: Uint8Array; readonly log: number }[] = [];
  readonly #options: SyslogLogsOptions;
  #rest: number | undefined;
  #isFull = false;

  constructor(options: SyslogLogsOptions) {
    this.#options = options;
    for (const [tag, log] of Object.entries(options.tags)) this.#addTag(tag, this.#number(log));
    if (options.log !== undefined) {
      this.#rest = this.#number(options.log);
      return;
    }
    for (const name of options.known.slice(0, LOGS_MAX)) {
      this.#received.push(name);
      const number = this.#number(name);
      if (name === OTHER_LOG) this.#rest = number;
      this.#addTag(name, number);
    }
  }

  get received(): readonly string[] {
    return this.#received;
  }

  /** The number of the log that the tag `bytes[start, end)` means. */
  indexOf(bytes: Uint8Array, start: number, end: number): number {
    for (const { bytes: tag, log } of this.#tags) {
      if (tag.length === end - start && isAt(bytes, start, tag)) return log;
    }
    if (this.#options.log !== undefined && this.#rest !== undefined) return this.#rest;
    return this.#meet(bytes.subarray(start, end));
  }

  #meet(bytes: Uint8Array): number {
    if (this.#isFull) return this.#other();
    const tag = Buffer.from(bytes).toString('latin1');
    if (this.#received.length >= LOGS_MAX - 1 || this.#tags.length >= 2 * LOGS_MAX) {
      this.#isFull = true;
      this.#options.onOther(tag, 'too-many');
      return this.#other();
    }
    if (!LOG_NAME.test(tag) || this.#options.isTaken(tag)) {
      this.#options.onOther(tag, 'taken');
      const log = this.#other();
      this.#addTag(tag, log);
      return log;
    }
    this.#received.push(tag);
    const log = this.#number(tag);
    this.#addTag(tag, log);
    return log;
  }

  #other(): number {
    if (this.#rest !== undefined) return this.#rest;
    this.#rest = this.#number(OTHER_LOG);
    if (!this.#received.includes(OTHER_LOG)) this.#received.push(OTHER_LOG);
    return this.#rest;
  }

  #addTag(tag: string, log: number): void {
    this.#tags.push({ bytes: Buffer.from(tag, 'latin1'), log });
  }

  #number(log: string): number {
    const known = this.names.indexOf(log);
    return known >= 0 ? known : this.names.push(log) - 1;
  }
}

function isAt(bytes: Uint8Array, start: number, tag: Uint8Array): boolean {
  for (let i = 0; i < tag.length; i += 1) if (bytes[start + i] !== tag[i]) return false;
  return true;
}
