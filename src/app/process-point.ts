import type { Clock } from '../clock.ts';
import type { ReceiverStatus } from '../source/line-source.ts';
import type { MeterTotals } from '../points/points.ts';
import type { Spool } from '../spool/spool.ts';
import type { Writer } from '../deliver/writer.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';

/**
 * What the process tells of itself in the point `access_log_meter`: differences since the last
 * point. It remembers the last values of the counters and nothing else; a point that is never asked
 * for is part of the next one.
 */
export class MeterFigures {
  readonly #clock: Clock;
  readonly #spoolMaxBytes: number;
  readonly #startedMs: number;
  #last = {
    starts: 0,
    points: 0,
    writes: 0,
    writeErrors: 0,
    rejectedPoints: 0,
    cpuMs: 0,
    folded: 0,
    lostMessages: 0,
  };

  constructor(clock: Clock, spoolMaxBytes: number) {
    this.#clock = clock;
    this.#spoolMaxBytes = spoolMaxBytes;
    this.#startedMs = clock.monotonicMs();
  }

  take(
    pipeline: Pipeline,
    receivers: readonly ReceiverStatus[],
    spool: Spool,
    writer: Writer | undefined,
  ): MeterTotals {
    let series = 0;
    let folded = 0;
    for (const { windows } of pipeline.lanes.values()) {
      series += windows.sites.size + windows.dimensionSeries;
      folded += windows.sites.folded + windows.dimensionFolded;
    }
    let lostMessages = 0;
    for (const one of receivers) lostMessages += one.malformed + one.overflowed + one.dropped;
    const { points = 0, writes = 0, writeErrors = 0, rejectedPoints = 0 } = writer?.counters ?? {};
    const counters = { points, writes, writeErrors, rejectedPoints, folded, lostMessages };
    const now = { ...counters, starts: 1, cpuMs: cpuMs() };
    const last = this.#last;
    this.#last = now;
    return {
      uptimeS: Math.floor((this.#clock.monotonicMs() - this.#startedMs) / 1000),
      starts: now.starts - last.starts,
      points: now.points - last.points,
      writes: now.writes - last.writes,
      writeErrors: now.writeErrors - last.writeErrors,
      rejectedPoints: now.rejectedPoints - last.rejectedPoints,
      spoolBytes: spool.bytes,
      spoolMaxBytes: this.#spoolMaxBytes,
      spoolAgeMs: Math.round(spool.oldestAgeMs),
      writeMs: writer?.counters.lastWriteMs ?? 0,
      rss: process.memoryUsage.rss(),
      cpuMs: now.cpuMs - last.cpuMs,
      series,
      folded: now.folded - last.folded,
      lostMessages: now.lostMessages - last.lostMessages,
    };
  }
}

/** User and system time of the process so far. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1000);
}
