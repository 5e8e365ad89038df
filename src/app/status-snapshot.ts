import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { FolderTrouble, LogStatus, ReceiverStatus } from '../source/line-source.ts';
import type { Spool } from '../spool/spool.ts';
import type { Writer } from '../deliver/writer.ts';
import { PARSED, REASONS, type Reason } from '../parse/record-batch.ts';
import type { LogLane, Pipeline } from '../pipeline/pipeline.ts';
import { cpuMs } from './process-point.ts';
import type { LogFigures, MeterStatus, WriterFigures } from '../status/meter-status.ts';

/** Gathers the plain numbers of the status server and the live summary from the running parts. */
export function snapshotOf(parts: {
  readonly version: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly pipeline: Pipeline;
  readonly logs: readonly LogStatus[];
  readonly folders: readonly FolderTrouble[];
  readonly receivers: readonly ReceiverStatus[];
  readonly spool: Spool;
  readonly writer: Writer | undefined;
  readonly targetAddress: string | undefined;
}): MeterStatus {
  const { clock, pipeline, spool, config } = parts;
  return {
    version: parts.version,
    nowMs: clock.now(),
    uptimeMs: clock.monotonicMs() - parts.startedMs,
    sinceTurnMs: clock.monotonicMs() - pipeline.lastTurnMs,
    logs: parts.logs.map((status) => logFigures(status, pipeline.lanes.get(status.log))),
    traffic: pipeline.committed,
    folders: parts.folders,
    receivers: parts.receivers,
    spool: {
      bytes: spool.bytes,
      maxBytes: config.spoolMaxBytes,
      records: spool.records,
      droppedPoints: spool.counters.droppedPoints,
      lostPoints: spool.counters.lostPoints,
      ageMs: spool.oldestAgeMs,
      isFull: spool.isFull,
    },
    writer:
      parts.writer === undefined
        ? undefined
        : writerFigures(parts.writer, parts.targetAddress ?? ''),
    stateTrouble: pipeline.stateTrouble ?? spoolTrouble(spool),
    process: { rssBytes: process.memoryUsage.rss(), cpuMs: cpuMs() },
  };
}

function spoolTrouble({ trouble }: Spool): string | undefined {
  return trouble === undefined ? undefined : `the spool cannot be written (${trouble})`;
}

function logFigures(status: LogStatus, lane: LogLane | undefined): LogFigures {
  const unparsed: Partial<Record<Reason, number>> = {};
  let unparsedLines = 0;
  lane?.windows.counters.reasons.forEach((lines, reason) => {
    const name = REASONS[reason];
    if (reason === PARSED || name === undefined || lines === 0) return;
    unparsed[name] = lines;
    unparsedLines += lines;
  });
  const { counted = 0, late = 0, filtered = 0 } = lane?.windows.counters ?? {};
  const newestS = lane?.windows.newestS;
  const lines = counted + unparsedLines + late + filtered;
  return {
    ...status,
    formatName: lane?.parser.formatName ?? 'auto',
    lines,
    counted,
    unparsed,
    late,
    filtered,
    bytes: lane?.bytes ?? 0,
    windowsOpen: lane?.windows.openWindows ?? 0,
    watermarkMs: newestS === undefined ? undefined : newestS * 1000,
    lagMs: lane?.lastLagMs ?? 0,
    series: lane?.windows.sites.size ?? 0,
    folded: lane?.windows.sites.folded ?? 0,
    unparsedLike: lane?.unparsed.likeness(unparsedLines > 0 && lines === unparsedLines),
    unparsedExample: lane?.unparsed.example,
  };
}

function writerFigures(writer: Writer, target: string): WriterFigures {
  const { state, counters } = writer;
  return {
    target,
    isProven: writer.isProven,
    state: state.kind === 'ok' ? 'idle' : state.kind,
    sinceMs: state.kind === 'ok' ? undefined : state.sinceMs,
    reason: reasonOf(writer),
    requests: counters.outcomes,
    points: counters.points,
    rejectedPoints: counters.rejectedPoints,
    rejectedBy: { ...counters.rejectedBy },
    writeMs: counters.lastWriteMs,
  };
}

function reasonOf({ state }: Writer): string | undefined {
  if (state.kind === 'ok') return undefined;
  return state.kind === 'blocked' ? `${state.reason}; ${state.remedy}` : state.reason;
}
