import { access, copyFile, link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { SourcePositions } from '../source/line-source.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-form.ts';
import { makeFolder } from './make-folder.ts';
import { Turns } from './turns.ts';
import type { Notify } from '../notice/notice.ts';
import type { KillPoint } from './kill-point.ts';
import { errorCode } from '../text/error-code.ts';

const NAME = 'checkpoint';

/**
 * The checkpoint: one file that says, for one moment of the stream, how far every log has been read,
 * which windows are open with what in them, and which spool records belong to it.
 *
 * Owns `<stateDir>/checkpoint`. It is replaced as a whole (write, fsync, rename, fsync of the
 * folder), so at any time it is the old one or the new one. It is the commit record of input *and*
 * output: spool records beyond `spoolSeq` are not sent, and after a crash they are cut off and
 * computed again from the log.
 *
 * States. There is none (first start), or one, or it was *forgotten*: it could not be used, or points
 * that belong to it are gone. Forgetting moves it to `checkpoint.forgotten` in one rename, so that
 * over a crash nobody takes it up again, and every start until the next `save()` knows that all there
 * is must be read (`mustReadAll`), not only what a first start reads.
 *
 * What can be lost: nothing. A file that is damaged or of another version is kept under another
 * name, reported, and the logs are read again from the beginning of what is there; the same windows
 * come out and overwrite themselves.
 */
export class CheckpointFile {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #notify: Notify;
  readonly #arePositionsKnown: (sources: SourcePositions) => boolean;
  readonly #killPoint: KillPoint;
  #isForgotten = false;
  /** A file of that name may lie there from an earlier run. */
  #mayHaveForgotten = true;
  /** A checkpoint must not be saved while it is being forgotten. */
  readonly #turns = new Turns();

  constructor(options: {
    dir: string;
    clock: Clock;
    notify: Notify;
    /** Whether the positions have a form that this program reads. */
    arePositionsKnown?: (sources: SourcePositions) => boolean;
    killPoint?: KillPoint | undefined;
  }) {
    this.#dir = options.dir;
    this.#clock = options.clock;
    this.#notify = options.notify;
    this.#arePositionsKnown = options.arePositionsKnown ?? (() => true);
    this.#killPoint = options.killPoint ?? (() => {});
  }

  /** `load()` found that a checkpoint was forgotten and nothing has been saved since. */
  mustReadAll = false;

  get path(): string {
    return join(this.#dir, NAME);
  }

  get #forgottenPath(): string {
    return `${this.path}.forgotten`;
  }

  /**
   * The last checkpoint; undefined when there is no usable one. Throws when the file cannot be read
   * at all.
   */
  async load(): Promise<Checkpoint | undefined> {
    this.#isForgotten = false;
    let bytes: Buffer;
    try {
      bytes = await readFile(this.path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      this.mustReadAll = await isThere(this.#forgottenPath);
      return undefined;
    }
    const decoded = decodeCheckpoint(bytes, this.#arePositionsKnown);
    if (typeof decoded !== 'string') return decoded;
    const kept = `${this.path}.refused-${Math.floor(this.#clock.now() / 1000)}`;
    await link(this.path, kept).catch(() => copyFile(this.path, kept));
    await this.forget();
    this.#isForgotten = false;
    this.mustReadAll = true;
    this.#notify({
      code: 'checkpoint-refused',
      subject: this.path,
      message:
        `The checkpoint ${decoded}. It is kept as ${kept}; the logs are read again from the ` +
        'beginning of what is there, and the same points are written again.',
    });
    return undefined;
  }

  /**
   * Removes the checkpoint durably, because what belongs to it is gone. Until `load()` no other is
   * saved.
   */
  forget(): Promise<void> {
    this.#isForgotten = true;
    return this.#turns.run(async () => {
      this.#killPoint('checkpoint-before-forget');
      try {
        await rename(this.path, this.#forgottenPath);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
        await makeFolder(this.#dir);
        await (await open(this.#forgottenPath, 'w', 0o600)).close();
      }
      await this.#syncFolder();
      this.#killPoint('checkpoint-after-forget');
    });
  }

  /**
   * Replaces the checkpoint. False when the checkpoint was forgotten meanwhile: nothing may be sent
   * then. Throws on disk trouble; the old one is in place then.
   */
  save(checkpoint: Checkpoint): Promise<boolean> {
    return this.#turns.run(async () => {
      if (this.#isForgotten) return false;
      await this.#replace(checkpoint);
      if (this.#mayHaveForgotten) await rm(this.#forgottenPath, { force: true });
      this.#mayHaveForgotten = false;
      return true;
    });
  }

  async #replace(checkpoint: Checkpoint): Promise<void> {
    await makeFolder(this.#dir);
    const temporary = `${this.path}.new`;
    this.#killPoint('checkpoint-before-write');
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(encodeCheckpoint(checkpoint));
      this.#killPoint('checkpoint-before-fsync');
      await file.sync();
    } finally {
      await file.close();
    }
    this.#killPoint('checkpoint-before-rename');
    await rename(temporary, this.path);
    this.#killPoint('checkpoint-after-rename');
    await this.#syncFolder();
    this.#killPoint('checkpoint-after-fsync');
  }

  async #syncFolder(): Promise<void> {
    const folder = await open(this.#dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
