import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Traffic } from './traffic.ts';

/**
 * A log that made-up traffic is written to, and rotated by renaming now and then, as logrotate and
 * nginx do it: the renamed file gets lines for a moment more, until "nginx" has opened the new one.
 * Owns the open file and at most two files in the folder, so the disk has a bound.
 */
export class TrafficLog {
  readonly path: string;
  readonly #traffic: Traffic;
  readonly #clock: Pick<Clock, 'now'>;
  #file: number;
  #writtenMs: number;
  #rotateMs: number;
  #reopenMs = Infinity;

  constructor(folder: string, traffic: Traffic, clock: Pick<Clock, 'now'>) {
    this.path = join(folder, 'access.log');
    this.#traffic = traffic;
    this.#clock = clock;
    this.#file = openSync(this.path, 'a');
    // Some minutes that have passed already, so that there is something to see at once.
    this.#writtenMs = clock.now() - PAST_MS;
    this.#rotateMs = clock.now() + FIRST_ROTATION_MS;
  }

  /** Writes what has happened since the last call. */
  write(): void {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#rotateMs) {
      renameSync(this.path, `${this.path}.1`);
      this.#rotateMs = nowMs + ROTATION_EVERY_MS;
      this.#reopenMs = nowMs + REOPEN_AFTER_MS;
    }
    if (nowMs >= this.#reopenMs) {
      closeSync(this.#file);
      this.#file = openSync(this.path, 'a');
      this.#reopenMs = Infinity;
    }
    for (let fromMs = this.#writtenMs; fromMs < nowMs; fromMs += SLICE_MS) {
      const toMs = Math.min(nowMs, fromMs + SLICE_MS);
      const lines = this.#traffic.lines(fromMs, toMs);
      if (lines !== '') writeSync(this.#file, lines);
    }
    this.#writtenMs = Math.max(this.#writtenMs, nowMs);
  }

  close(): void {
    closeSync(this.#file);
  }
}

const PAST_MS = 5 * 60_000;
const SLICE_MS = 100;
const FIRST_ROTATION_MS = 12_000;
const ROTATION_EVERY_MS = 60_000;
const REOPEN_AFTER_MS = 500;
