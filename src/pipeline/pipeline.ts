import type { DueMode } from '../aggregate/time/due-windows.ts';
import { NO_GAUGES, type Gauges } from '../aggregate/gauges.ts';
import type { CommittedTraffic } from '../aggregate/committed-traffic.ts';
import type { LogWindows } from '../aggregate/log-windows.ts';
import type { SealedDimensions } from '../aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../aggregate/sealed-window.ts';
import type { LogCheckpoint, PointIdentity } from '../state/checkpoint-form.ts';
import type { Clock } from '../clock.ts';
import { Commit, type CommitOptions } from './commit.ts';
import { FileProgress } from './file-progress.ts';
import type { LineBatch } from '../source/line-batch.ts';
import type { LineSource, LogStatus, SourcePositions } from '../source/line-source.ts';
import type { PointBatch } from '../deliver/target.ts';
import { byLog, dueMode, isQuiet } from './due-mode.ts';
import type { LineParser } from '../parse/line-parser.ts';
import type { RecordBatch } from '../parse/record-batch.ts';
import type { RequestStage } from '../request/request-stage.ts';
import { countRows } from './count-rows.ts';
import type { UnparsedSample } from './unparsed-sample.ts';

/**
 * The one loop: read → parse → add → take the windows that are due → spool → checkpoint.
 *
 * Everything happens in turn on one thread, so at the top of the loop positions and windows are of
 * the same moment, and that is what a commit makes durable, see commit.ts.
 *
 * When the spool is full the loop stops reading: the log itself is the buffer.
 * When the state folder cannot be written, points go on from memory, uncommitted, until it can.
 */

/** One log's way through the loop. */
export interface LogLane {
  readonly log: string;
  readonly parser: LineParser;
  readonly windows: LogWindows;
  readonly unparsed: UnparsedSample;
  /** Nothing has been unread at the last look, at least once since the start. */
  hasCaughtUp: boolean;
  /** How long after its timestamp the newest line was read: the greatest since the last commit, and the last. */
  lagMs: number;
  lastLagMs: number;
  /** Bytes read since the start. */
  bytes: number;
  rotations: number;
  truncations: number;
}

export interface PipelineOptions extends CommitOptions {
  readonly source: LineSource<SourcePositions>;
  readonly records: RecordBatch;
  readonly requests: RequestStage | undefined;
  readonly clock: Clock;
  readonly windowS: number;
  readonly identity: PointIdentity;
  /** A lane for a log that is met for the first time. */
  readonly newLane: (log: string) => LogLane;
  /** Windows and dimension windows as batches, each within the limits of one write. */
  readonly encode: (
    windows: readonly SealedWindow[],
    dimensions: readonly SealedDimensions[],
  ) => Iterable<PointBatch>;
  /** The process's own point of the window that ends now, or undefined for none. */
  readonly meterPoint: (startS: number) => PointBatch | undefined;
  readonly onWindows: (windows: readonly SealedWindow[]) => void;
  /** After each commit of the loop that is on disk, before anything more is read. */
  readonly afterCommit?: () => Promise<void>;
}

/** One log that is asked for its windows. */
interface DueLane {
  readonly lane: LogLane;
  readonly mode: DueMode;
  readonly nowMs: number;
  readonly gauges: Gauges;
}

/** Windows are handed over in portions of about this many series, and while reading back no later. */
const PORTION_SERIES = 1000;
const IDLE_WAIT_MAX_MS = 1000;
const FULL_WAIT_MS = 200;
/** How long a tick waits until everything has been read. */
const LOOK_WAIT_MAX_MS = 500;

export class Pipeline {
  readonly lanes = new Map<string, LogLane>();
  /** What the last checkpoint says of the traffic of each log. */
  committed: readonly CommittedTraffic[] = [];
  /** Monotonic time of the last turn, for /healthz. */
  lastTurnMs: number;
  readonly #options: PipelineOptions;
  readonly #durable: Commit;
  readonly #files = new FileProgress();
  #lastTickS: number;
  /** Monotonic time since when a tick waits for a turn that finds nothing to read. */
  #dueSinceMs: number | undefined;
  /** The last tick did not wait for it. */
  #owesLook = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#durable = new Commit(options);
    this.lastTurnMs = options.clock.monotonicMs();
    this.#lastTickS = this.#windowStartS(options.clock.now());
  }

  /** Why the state folder cannot be written; undefined when all is well. */
  get stateTrouble(): string | undefined {
    return this.#durable.trouble;
  }

  restore(logs: readonly LogCheckpoint[]): void {
    for (const { log, formatName, windows } of logs) {
      const lane = this.#lane(log);
      lane.parser.resume(formatName);
      lane.windows.restore(windows);
    }
    this.committed = logs.map(trafficOf);
  }

  /** Runs until `signal` aborts or the input has ended; then the caller calls `finish()`. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const turnMs = this.#options.clock.now();
      this.lastTurnMs = this.#options.clock.monotonicMs();
      if (this.#options.queue.isFull) {
        if (this.stateTrouble !== undefined) await this.#makeDurable();
        await this.#options.clock.sleep(FULL_WAIT_MS, signal);
        continue;
      }
      const batch = await this.#next(this.#lookSinceMs(turnMs));
      if (batch !== undefined) {
        this.#take(batch);
        if (this.#overdueSeries(turnMs) >= PORTION_SERIES) await this.#commit(turnMs, false);
      }
      await this.#tickIfDue(turnMs, batch === undefined);
      if (batch !== undefined) continue;
      if (this.#options.source.hasEnded === true) return;
      await this.#options.source.wait(this.#untilTickMs(), signal);
    }
  }

  /** Reads what is there (until `deadlineMs`, monotonic), hands every window over and commits. */
  async finish(deadlineMs: number): Promise<void> {
    const { clock, queue, rewrite } = this.#options;
    let turnMs = clock.now();
    let isCaughtUp = false;
    while (clock.monotonicMs() < deadlineMs && !queue.isFull) {
      turnMs = clock.now();
      const batch = await this.#next(Number.POSITIVE_INFINITY);
      if (batch === undefined) {
        isCaughtUp = true;
        break;
      }
      this.#take(batch);
      if (this.#overdueSeries(turnMs) >= PORTION_SERIES) await this.#commit(turnMs, false);
    }
    await this.#commit(turnMs, isCaughtUp);
    // A window still open is written as it stands, so that a stopped meter owes the database nothing;
    // after the next start it is written again, whole. Where a point cannot be overwritten it waits.
    if (isCaughtUp && rewrite === 'always') await this.#commit(turnMs, isCaughtUp, true);
  }

  /** Notes in the checkpoint what has been acknowledged since, so that it is not sent again. */
  async saveAcknowledged(): Promise<void> {
    await this.#makeDurable();
  }

  /** Since when every log must have been looked at: since the end of a window that is due. */
  #lookSinceMs(turnMs: number): number {
    const isDue = this.#windowStartS(turnMs) !== this.#lastTickS || this.#owesLook;
    if (!isDue) return Number.NEGATIVE_INFINITY;
    this.#dueSinceMs ??= this.#options.clock.monotonicMs();
    return this.#dueSinceMs;
  }

  /** The next lines; of a new log none before it is durable where reading of it begins. */
  async #next(sinceMs: number): Promise<LineBatch | undefined> {
    const { source } = this.#options;
    for (;;) {
      if (source.wantsCheckpoint === true) await this.#makeDurable();
      const batch = await source.next(this.#files.newestOf, sinceMs);
      if (batch !== undefined || source.wantsCheckpoint !== true) return batch;
    }
  }

  #take(batch: LineBatch): void {
    const { clock, records, requests, notify } = this.#options;
    const lane = this.#lane(batch.log);
    const nowMs = clock.now();
    const isOwn = !batch.before;
    if (batch.headLost) lane.windows.leaveFirstWindowAlone();
    lane.windows.addOverlong(batch.overlongLines, batch.overlongBytes, isOwn);
    const file = batch.source ?? batch.path;
    if (!this.#files.knows(file)) this.#files.sync(this.#options.source.status());
    let from = batch.start;
    while (from < batch.end) {
      lane.parser.parse(batch, from, records);
      if (this.#files.note(file, records)) {
        lane.windows.limitWatermark(this.#files.limitOf(batch.log));
      }
      countRows(records, requests, lane.windows, nowMs, isOwn);
      const sample = lane.unparsed.of(batch, records, clock.monotonicMs());
      if (sample !== undefined) notify(sample);
      if (records.consumedTo <= from) throw new Error('the parser has not moved on');
      from = records.consumedTo;
    }
    lane.bytes += batch.end - batch.start + batch.overlongBytes;
    const newestS = lane.windows.newestS;
    if (newestS === undefined) return;
    lane.lastLagMs = Math.max(0, nowMs - newestS * 1000);
    lane.lagMs = Math.max(lane.lagMs, lane.lastLagMs);
  }

  /**
   * At the end of a window by the clock, hands over what is due. That waits a moment for a turn that
   * has found every log read to its end, because a quiet log beside a busy one is written by the clock
   * alone; with a backlog it does not wait, and is made up for at the end of the backlog.
   */
  async #tickIfDue(turnMs: number, isCaughtUp: boolean): Promise<void> {
    const startS = this.#windowStartS(turnMs);
    const isDue = startS !== this.#lastTickS;
    if (!isDue && !(this.#owesLook && isCaughtUp)) return;
    const { clock, queue, meterPoint } = this.#options;
    this.#dueSinceMs ??= clock.monotonicMs();
    if (!isCaughtUp && clock.monotonicMs() - this.#dueSinceMs < LOOK_WAIT_MAX_MS) return;
    this.#dueSinceMs = undefined;
    this.#owesLook = !isCaughtUp;
    if (isDue) {
      this.#lastTickS = startS;
      const point = meterPoint(startS - this.#options.windowS);
      if (point !== undefined) await queue.append(point.bytes, point.points);
    }
    await this.#commit(turnMs, isCaughtUp);
    if (this.stateTrouble === undefined) await this.#options.afterCommit?.();
  }

  /** Hands over what is due, in portions and as long as the spool has room, and makes the moment durable. */
  async #commit(turnMs: number, isCaughtUp: boolean, isLast = false): Promise<void> {
    let windows: SealedWindow[] = [];
    let series = 0;
    for (const { lane, mode, nowMs, gauges } of this.#due(turnMs, isCaughtUp, isLast)) {
      let portion = lane.windows.takeDue(mode, nowMs, gauges);
      while (portion.length > 0) {
        windows = windows.concat(portion);
        for (const window of portion) series += window.sites.length + 1;
        if (series >= PORTION_SERIES) {
          await this.#handOver(windows);
          windows = [];
          series = 0;
          if (this.#options.queue.isFull) break;
        }
        portion = lane.windows.takeDue(mode, nowMs, { ...gauges, rotations: 0, truncations: 0 });
      }
      // After the totals of their time; with no room for those they wait as well.
      if (portion.length === 0) await this.#handOver([], lane.windows.takeDimensions(mode));
    }
    await this.#handOver(windows);
    await this.#makeDurable();
  }

  /** Which logs to ask for windows, and how; none any more once the spool is full. */
  *#due(turnMs: number, isCaughtUp: boolean, isLast: boolean): Generator<DueLane> {
    const statuses = this.#options.source.status();
    this.#files.sync(statuses);
    const logs = byLog(statuses);
    for (const status of logs.values()) {
      if (this.#options.queue.isFull) return;
      const lane = this.#lane(status.log);
      lane.hasCaughtUp ||= isQuiet(status);
      if (lane.parser.formatName !== 'auto') lane.windows.learnFormat(lane.parser.families);
      lane.windows.limitWatermark(this.#files.limitOf(status.log));
      const due = dueMode(status, lane.hasCaughtUp, isCaughtUp);
      const mode = isLast && due === 'caught-up' ? 'last' : due;
      yield { lane, mode, nowMs: turnMs, gauges: this.#gauges(lane, status) };
    }
    if (!isCaughtUp || this.#options.rewrite === 'never') return;
    // Logs of the checkpoint that nobody follows any more: what was counted is written, and their
    // windows stay, because a log that comes back goes on from its old position.
    for (const lane of this.lanes.values()) {
      if (logs.has(lane.log)) continue;
      if (this.#options.queue.isFull) return;
      const nowMs = (lane.windows.newestS ?? 0) * 1000;
      yield { lane, mode: 'last', nowMs, gauges: NO_GAUGES };
    }
  }

  async #handOver(
    windows: readonly SealedWindow[],
    dimensions: readonly SealedDimensions[] = [],
  ): Promise<void> {
    if (windows.length + dimensions.length === 0) return;
    for (const batch of this.#options.encode(windows, dimensions)) {
      await this.#options.queue.append(batch.bytes, batch.points);
    }
    if (windows.length > 0) this.#options.onWindows(windows);
  }

  async #makeDurable(): Promise<void> {
    const { source, identity } = this.#options;
    const logs = Array.from(this.lanes.values(), (lane) => ({
      log: lane.log,
      formatName: lane.parser.formatName,
      windows: lane.windows.snapshot(),
    }));
    const isSaved = await this.#durable.make({ sources: source.checkpoint(), logs, identity });
    if (isSaved) this.committed = logs.map(trafficOf);
  }

  #gauges(lane: LogLane, status: LogStatus): Gauges {
    const gauges = {
      unreadBytes: status.unreadBytes,
      lagMs: Math.round(lane.lagMs),
      // A file that is followed no longer takes its counts with it.
      rotations: Math.max(0, status.rotations - lane.rotations),
      truncations: Math.max(0, status.truncations - lane.truncations),
    };
    lane.rotations = status.rotations;
    lane.truncations = status.truncations;
    lane.lagMs = 0;
    return gauges;
  }

  #lane(log: string): LogLane {
    let lane = this.lanes.get(log);
    if (lane === undefined) {
      lane = this.#options.newLane(log);
      this.lanes.set(log, lane);
    }
    return lane;
  }

  #overdueSeries(nowMs: number): number {
    let series = 0;
    for (const lane of this.lanes.values()) series += lane.windows.overdueSeries(nowMs);
    return series;
  }

  #windowStartS(nowMs: number): number {
    const { windowS } = this.#options;
    // One second after the end, see the grace of LogWindows.
    return Math.floor((nowMs / 1000 - 1) / windowS) * windowS;
  }

  #untilTickMs(): number {
    const { clock, windowS } = this.#options;
    const windowMs = windowS * 1000;
    const sinceMs = (((clock.now() - 1000) % windowMs) + windowMs) % windowMs;
    return Math.min(IDLE_WAIT_MAX_MS, windowMs - sinceMs);
  }
}

/** Without the dimensions, which are much and show nothing here. */
function trafficOf({ log, windows }: LogCheckpoint): CommittedTraffic {
  return { log, closed: windows.traffic, open: windows.open };
}
