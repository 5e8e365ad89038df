import type { CheckpointFile } from '../state/checkpoint.ts';
import type { Checkpoint } from '../state/checkpoint-form.ts';
import type { Notify } from '../notice/notice.ts';

/** What the loop needs of the spool; src/spool/spool.ts. */
export interface PointQueue {
  readonly isFull: boolean;
  readonly lastSeq: number;
  readonly ackedSeq: number;
  append(bytes: Uint8Array, points: number): Promise<number>;
  /** True when everything appended is on disk. */
  sync(): Promise<boolean>;
  commit(seq: number): void;
}

export interface CommitOptions {
  readonly queue: PointQueue;
  readonly checkpoint: CheckpointFile;
  readonly notify: Notify;
  readonly rewrite: 'always' | 'never';
  /** Makes durable what else was written of this moment: before the checkpoint moves past it. */
  readonly beforeCheckpoint?: () => void;
}

/** What belongs to one moment besides the spool. */
export type Moment = Omit<Checkpoint, 'spoolSeq' | 'ackedSeq'>;

/**
 * Makes one moment of the stream durable: spool, fsync, checkpoint, and only then may the points be
 * sent. A crash anywhere in between leaves the old checkpoint, and what it does not know is computed
 * again from the log.
 *
 * Without a disk nothing can be made durable. Where points overwrite themselves they are sent all the
 * same: after a crash the old checkpoint makes the same windows be computed and written again. Where
 * they do not, they wait for the disk; the queue fills up and reading stops.
 */
export class Commit {
  /** Why the state folder cannot be written; undefined when all is well. */
  trouble: string | undefined;
  readonly #options: CommitOptions;

  constructor(options: CommitOptions) {
    this.#options = options;
  }

  /** True when the checkpoint of the moment is on disk. */
  async make(moment: Moment): Promise<boolean> {
    const { queue, rewrite, beforeCheckpoint } = this.#options;
    const seq = queue.lastSeq;
    beforeCheckpoint?.();
    const trouble = (await queue.sync())
      ? await this.#save({ ...moment, spoolSeq: seq, ackedSeq: queue.ackedSeq })
      : 'the spool cannot be written';
    // Points that belong to the checkpoint are gone: the next App reads the logs again.
    if (trouble === 'forgotten') return false;
    this.#tell(trouble);
    if (trouble === undefined || rewrite === 'always') queue.commit(seq);
    return trouble === undefined;
  }

  async #save(checkpoint: Checkpoint): Promise<string | undefined> {
    try {
      return (await this.#options.checkpoint.save(checkpoint)) ? undefined : 'forgotten';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #tell(trouble: string | undefined): void {
    const { checkpoint, notify } = this.#options;
    const was = this.trouble;
    this.trouble = trouble;
    const subject = checkpoint.path;
    if (trouble !== undefined) {
      notify({
        code: 'state-unwritable',
        subject,
        message:
          `The state cannot be saved: ${trouble}. Points go on from memory; make STATE_DIR ` +
          'writable, or give it room. Until then a crash means reading the log again.',
      });
    } else if (was !== undefined) {
      notify({
        code: 'state-writable',
        subject,
        message: 'The state is saved again; nothing was lost.',
      });
    }
  }
}
