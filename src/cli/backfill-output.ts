import type { SealedDimensions } from '../aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../aggregate/sealed-window.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { InfluxClient } from '../deliver/influx/client.ts';
import { DeadLetterFile } from '../deliver/dead-letter.ts';
import { LineProtocolBuffer } from '../deliver/line-protocol/buffer.ts';
import { MemoryQueue } from '../deliver/memory-queue.ts';
import { encodeWindows } from '../points/points.ts';
import type { ProcessTags } from '../points/process-tags.ts';
import { InfluxWriter } from '../deliver/writer.ts';
import type { Notify } from '../notice/notice.ts';
import { targetOf } from '../app/open-target.ts';

/** Where the windows of a backfill go. */
export interface BackfillOutput {
  write(windows: readonly SealedWindow[], dimensions: readonly SealedDimensions[]): Promise<void>;
  /** Resolves when everything has arrived. */
  close(): Promise<void>;
}

/** To the database of the configuration, which must be there. */
export function toInflux(
  config: Config,
  tags: ProcessTags,
  clock: Clock,
  notify: Notify,
): BackfillOutput {
  if (config.influx === undefined) throw new Error('no database is configured');
  const target = targetOf(config.influx);
  const client = new InfluxClient({ target, clock });
  const queue = new MemoryQueue(clock);
  const writer = new InfluxWriter({
    target,
    client,
    spool: queue,
    deadLetter: new DeadLetterFile({ stateDir: config.stateDir, clock, notify }),
    clock,
    notify,
    random: Math.random,
  });
  const done = new AbortController();
  const writing = writer.run(done.signal);
  const buffer = new LineProtocolBuffer();
  return {
    async write(windows, dimensions) {
      for (const { lines, points } of encodeWindows(windows, tags, buffer, dimensions)) {
        await queue.append(lines, points, done.signal);
      }
    },
    async close() {
      await queue.whenDrained(done.signal);
      done.abort();
      await writing;
      await client.close();
    },
  };
}
