import type { NoticeCode } from './codes.ts';

/**
 * How a stage tells a person that something noteworthy happened, without knowing pino, the metrics
 * client or the terminal. The notifier writes a notice once and counts its repetitions until a notice
 * that ends it, so a stage may give the same one at every poll.
 */
export interface Notice {
  /** What happened; codes.ts has its level and what it ends. */
  readonly code: NoticeCode;
  /** Where: a path, a URL without credentials, a setting's name. Repetitions are counted per code and subject. */
  readonly subject?: string;
  /** One sentence for a person: what happened and what to do about it. Never raw bytes of the access log. */
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export type Notify = (notice: Notice) => void;

/** For callers that have nobody to tell: tests of pure parts. */
export const silent: Notify = () => {};
