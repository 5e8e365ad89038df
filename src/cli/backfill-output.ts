import type { SealedDimensions } from '../aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../aggregate/sealed-window.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { DeadLetterFile } from '../deliver/dead-letter.ts';
import { MemoryQueue } from '../deliver/memory-queue.ts';
import type { Target } from '../deliver/target.ts';
import { Writer } from '../deliver/writer.ts';
import type { Notify } from '../notice/notice.ts';
import { pointGroups } from '../points/points.ts';
import type { ProcessTags } from '../points/process-tags.ts';

/** Where the windows of a backfill go. */
export interface BackfillOutput {
  write(windows: readonly SealedWindow[], dimensions: readonly SealedDimensions[]): Promise<void>;
  /** Resolves when everything has arrived. */
  close(): Promise<void>;
}

export function toTarget(
  target: Target,
  parts: {
    readonly config: Config;
    readonly tags: ProcessTags;
    readonly clock: Clock;
    readonly notify: Notify;
  },
): BackfillOutput {
  const { config, tags, clock, notify } = parts;
  const queue = new MemoryQueue(clock);
  const writer = new Writer({
    target,
    spool: queue,
    deadLetter: new DeadLetterFile({ stateDir: config.stateDir, clock, notify }),
    clock,
    notify,
    random: Math.random,
  });
  const done = new AbortController();
  const writing = writer.run(done.signal);
  return {
    async write(windows, dimensions) {
      for (const batch of target.encode(pointGroups(windows, dimensions, tags))) {
        await queue.append(batch, done.signal);
      }
    },
    async close() {
      await queue.whenDrained(done.signal);
      done.abort();
      await writing;
      await target.close();
    },
  };
}
