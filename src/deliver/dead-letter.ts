/**
 * Points that the database will never take, kept for a person: `<stateDir>/dead-letter.lp`.
 *
 * Owns that file and its predecessor `.1`. Each point, as the target encodes it, stands behind a comment
 * with the time and the target's reason, so the file can be mended and written again as it is. Bounded:
 * at 10 MiB the file replaces `.1`. What can be lost: what is older than that; a crash between the
 * dead letter and the acknowledgement writes the same line twice. A failure to write is reported and
 * never holds delivery up.
 */
import { appendFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Notify } from '../notice/notice.ts';
import { safeText } from '../text/safe-text.ts';
import { errorCode } from '../text/error-code.ts';

const FILE_BYTES_MAX = 10 * 1024 * 1024;
const REASON_BYTES_MAX = 300;

export interface DeadLetterOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly notify: Notify;
  /** 10 MiB. */
  readonly maxBytes?: number;
}

export class DeadLetterFile {
  readonly path: string;
  /** Points in the file or lost because it could not be written, since the start. */
  points = 0;
  readonly #clock: Clock;
  readonly #notify: Notify;
  readonly #maxBytes: number;

  constructor({ stateDir, clock, notify, maxBytes }: DeadLetterOptions) {
    this.path = join(stateDir, 'dead-letter.lp');
    this.#clock = clock;
    this.#notify = notify;
    this.#maxBytes = maxBytes ?? FILE_BYTES_MAX;
  }

  /** Appends points, each of which is whole lines. Never rejects. */
  async add(points: readonly Uint8Array[], reason: string): Promise<void> {
    this.points += points.length;
    const time = new Date(this.#clock.now()).toISOString();
    const comment = Buffer.from(`# ${time} ${safeText(reason, REASON_BYTES_MAX)}\n`);
    const text = Buffer.concat(points.flatMap((point) => [comment, point]));
    try {
      await this.#rotate(text.length);
      await appendFile(this.path, text, { mode: 0o600, flush: true });
    } catch (error) {
      this.#notify({
        code: 'dead-letter-unwritable',
        subject: this.path,
        message:
          `${points.length} refused points could not be kept (${errorCode(error)}). Give STATE_DIR ` +
          'room and write permission.',
      });
    }
  }

  async #rotate(moreBytes: number): Promise<void> {
    let bytes = 0;
    try {
      bytes = (await stat(this.path)).size;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    if (bytes > 0 && bytes + moreBytes > this.#maxBytes) await rename(this.path, `${this.path}.1`);
  }
}
