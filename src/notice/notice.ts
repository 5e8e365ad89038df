/**
 * How a stage tells a person that something noteworthy happened, without knowing pino, the metrics
 * client or the terminal. The logger writes a notice once and counts its repetitions until a notice
 * with `ends` names it; so a stage may report the same condition at every poll.
 *
 * Levels: `error` = data lost or an operator is needed; `warn` = recovered or will recover by
 * itself; `info` = life cycle.
 */
export interface Notice {
  readonly level: 'info' | 'warn' | 'error';
  /** What happened, a closed kebab-case word: `log-unreadable`, `file-rotated`, `write-refused`. */
  readonly code: string;
  /** Where: a path, a URL without credentials, a setting's name. Repetitions are counted per code and subject. */
  readonly subject?: string;
  /** One sentence for a person: what happened and what to do about it. Never raw bytes of the access log. */
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** Codes whose condition on the same subject is over now. */
  readonly ends?: readonly string[];
}

export type Notify = (notice: Notice) => void;

/** For callers that have nobody to tell: tests of pure parts. */
export const silent: Notify = () => {};
