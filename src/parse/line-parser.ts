import type { LineBatch } from '../source/line-batch.ts';
import type { RecordBatch } from './record-batch.ts';

/** A format that lines had. */
export interface MetFormat {
  readonly formatName: string;
  readonly families: number;
  readonly lines: number;
}

/** Turns bytes into columns. One instance per log: `auto` remembers which format it found. */
export interface LineParser {
  /** Name of the format in use: a preset's name, `custom`, or `auto` while none has been recognised. */
  readonly formatName: string;
  /** `FAMILY_*` bits that the format in use can fill. */
  readonly families: number;
  /** The formats met so far, the one that most lines have first. */
  readonly met: readonly MetFormat[];
  /** Lines of nginx's error log, which give no row. */
  readonly leftOutLines: number;
  /**
   * Whether the format in use is known to have no such variable. Of JSON whose format is not given:
   * whether no line so far had it, for variables that the records have spans of.
   */
  lacks(variable: string): boolean;
  /**
   * Fills `into` (rows from 0) with the lines of `batch` from byte `from` on, until the batch ends,
   * `into` is full, or `auto` finds a line of another format: all records of `into` are of one.
   * `into.consumedTo` says where it stopped; it always moves on, so call again until it is the
   * batch's end. Never throws on what the lines contain.
   */
  parse(batch: LineBatch, from: number, into: RecordBatch): void;
  /** Takes up the format that a checkpoint remembers; unknown names are ignored. Only for `auto`. */
  resume(formatName: string): void;
}
