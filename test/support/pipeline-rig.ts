import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LogWindows } from '../../src/aggregate/log-windows.ts';
import type { SealedWindow } from '../../src/aggregate/sealed-window.ts';
import { CheckpointFile } from '../../src/state/checkpoint.ts';
import type { Checkpoint } from '../../src/state/checkpoint-form.ts';
import type { PointQueue } from '../../src/pipeline/commit.ts';
import type { LineBatch } from '../../src/source/line-batch.ts';
import type { LineSource, LogStatus, SourcePositions } from '../../src/source/line-source.ts';
import { createParser } from '../../src/parse/parser.ts';
import { RecordBatch } from '../../src/parse/record-batch.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { Notice } from '../../src/notice/notice.ts';
import { UnparsedSample } from '../../src/pipeline/unparsed-sample.ts';
import { FakeClock } from './clock.ts';

/** A line in the format `combined` at that time, LF included. */
export function combinedLine(atS: number, status = 200, bytes = 10): string {
  const iso = new Date(atS * 1000);
  const month = iso.toLocaleString('en', { month: 'short', timeZone: 'UTC' });
  const [date, time] = iso.toISOString().split('T');
  const [year, , day] = (date ?? '').split('-');
  const stamp = `${day}/${month}/${year}:${time?.slice(0, 8)} +0000`;
  return `192.0.2.1 - - [${stamp}] "GET / HTTP/1.1" ${status} ${bytes} "-" "test"\n`;
}

interface FakeFile {
  readonly log: string;
  readonly path: string;
  /** What was ever written, in the batches in which it is read. */
  readonly batches: { text: string; before: boolean; headLost: boolean; overlong: number }[];
  /** How many of them have been read. */
  position: number;
  trouble: string | undefined;
  rotations: number;
  isListed: boolean;
}

/**
 * In place of files: batches that a test has put there. Files take turns, the one furthest behind of
 * a log first, as the follow stage does. `status()` tells of a look at the moment of the last `next()`.
 */
export class FakeSource implements LineSource<SourcePositions> {
  readonly files = new Map<string, FakeFile>();
  readonly #clock: FakeClock;
  #turn = 0;
  /** Called at each `next()`, before it looks. */
  onNext: () => void | Promise<void> = () => {};
  /** Called when `next()` has found nothing, before it says so. */
  onFoundNothing: () => void = () => {};
  #looked: readonly LogStatus[] | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** Adds one batch of lines to a file, which is made with its first. */
  write(
    path: string,
    text: string,
    { log = path, before = false, headLost = false, overlong = 0 } = {},
  ): void {
    this.file(path, log).batches.push({ text, before, headLost, overlong });
  }

  file(path: string, log = path): FakeFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file = {
        log,
        path,
        batches: [],
        position: 0,
        trouble: undefined,
        rotations: 0,
        isListed: true,
      };
      this.files.set(path, file);
    }
    return file;
  }

  async next(newestOf: (path: string) => number = () => 0): Promise<LineBatch | undefined> {
    await this.onNext();
    const ready = [...this.files.values()].filter(
      (file) => file.isListed && file.trouble === undefined && unreadOf(file).length > 0,
    );
    const turn = ready[this.#turn++ % Math.max(1, ready.length)];
    const file = ready
      .filter((one) => one.log === turn?.log)
      .reduce<FakeFile | undefined>(
        (a, b) => (a === undefined || newestOf(b.path) < newestOf(a.path) ? b : a),
        undefined,
      );
    const batch = file?.batches[file.position];
    if (file !== undefined) file.position++;
    this.#looked = this.#look();
    if (file === undefined || batch === undefined) {
      this.onFoundNothing();
      return undefined;
    }
    const bytes = Buffer.from(batch.text);
    return {
      log: file.log,
      path: `${file.path}.1`,
      source: file.path,
      bytes,
      start: 0,
      end: bytes.length,
      overlongLines: batch.overlong,
      overlongBytes: batch.overlong * 1000,
      before: batch.before,
      headLost: batch.headLost,
    };
  }

  wait(maxMs: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(maxMs, signal);
  }

  checkpoint(): SourcePositions {
    const read = [...this.files.values()].map(({ path, position }) => [path, position]);
    return { file: Object.fromEntries(read) };
  }

  /** Goes back to where a checkpoint says. */
  resume(saved: Checkpoint | undefined): void {
    const read = (saved?.sources.file ?? {}) as Record<string, number>;
    for (const file of this.files.values()) file.position = read[file.path] ?? 0;
    this.#looked = undefined;
  }

  status(): readonly LogStatus[] {
    return this.#looked ?? this.#look();
  }

  #look(): readonly LogStatus[] {
    return [...this.files.values()]
      .filter((file) => file.isListed)
      .map((file) => ({
        log: file.log,
        path: file.path,
        unreadBytes: unreadOf(file).reduce((sum, { text }) => sum + text.length, 0),
        caughtUp: unreadOf(file).length === 0,
        rotations: file.rotations,
        truncations: 0,
        ...(file.trouble === undefined ? {} : { trouble: file.trouble }),
      }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function unreadOf(file: FakeFile): FakeFile['batches'] {
  return file.batches.slice(file.position);
}

/** What a killed process comes to: nothing it waits for ever happens. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** In place of the spool: what was appended, and what of it may be sent. It says in `events` what is asked of it. */
export class FakeQueue implements PointQueue {
  readonly appended: string[] = [];
  readonly events: string[];
  isFull = false;
  isWritable = true;
  committedSeq = 0;
  ackedSeq = 0;
  /** Full as soon as it holds so many records. */
  limit = Infinity;
  /** The process is killed before so many more steps of the queue. */
  stepsToLive = Infinity;

  constructor(events: string[]) {
    this.events = events;
  }

  get lastSeq(): number {
    return this.appended.length;
  }

  async append(lines: Uint8Array): Promise<number> {
    this.#step();
    this.appended.push(Buffer.from(lines).toString());
    this.events.push('append');
    if (this.appended.length >= this.limit) this.isFull = true;
    this.#step();
    return this.lastSeq;
  }

  async sync(): Promise<boolean> {
    this.#step();
    this.events.push('sync');
    return this.isWritable;
  }

  commit(seq: number): void {
    this.#step();
    this.events.push('commit');
    this.committedSeq = seq;
    this.#step();
  }

  /** After a crash: records that the checkpoint does not know are cut off. */
  resume(saved: Checkpoint | undefined): void {
    this.appended.length = Math.min(this.appended.length, saved?.spoolSeq ?? 0);
    this.committedSeq = this.appended.length;
  }

  #step(): void {
    if (this.stepsToLive-- <= 0) throw new Killed();
  }
}

export interface RigOptions {
  readonly rewrite?: 'always' | 'never';
  readonly latenessS?: number;
  /** Epoch seconds. */
  readonly nowS: number;
}

/**
 * A pipeline with a fake source, queue and clock, and the real parser, windows and checkpoint file.
 * `start()` may be called again after `kill()`: then it goes on from the checkpoint, as a new process.
 */
export class PipelineRig {
  readonly dir: string;
  readonly clock: FakeClock;
  readonly source: FakeSource;
  readonly events: string[] = [];
  readonly queue = new FakeQueue(this.events);
  readonly notices: Notice[] = [];
  /** Every window ever handed over, in order. */
  readonly handed: SealedWindow[] = [];
  readonly checkpoint: CheckpointFile;
  pipeline!: Pipeline;
  /** The loop has met its `stepsToLive`. */
  isKilled = false;
  readonly #options: RigOptions;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(dir: string, options: RigOptions) {
    this.dir = dir;
    this.#options = options;
    this.clock = new FakeClock(options.nowS * 1000);
    this.source = new FakeSource(this.clock);
    this.checkpoint = new CheckpointFile({
      dir,
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
      killPoint: (name) => {
        if (name === 'checkpoint-after-fsync') this.events.push('checkpoint');
      },
    });
  }

  async start(): Promise<void> {
    const saved = await this.checkpoint.load();
    this.source.resume(saved);
    this.queue.resume(saved);
    const scanner = createScanner({ readBufferBytes: 64 * 1024 });
    const { rewrite = 'always', latenessS = 60 } = this.#options;
    this.pipeline = new Pipeline({
      source: this.source,
      requests: undefined,
      records: new RecordBatch(16),
      queue: this.queue,
      checkpoint: this.checkpoint,
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
      windowS: 10,
      identity: { windowS: 10, host: 'test', tags: {} },
      rewrite,
      newLane: (log) => ({
        log,
        parser: createParser({ format: 'combined', scanner }),
        windows: new LogWindows({
          log,
          windowS: 10,
          latenessS,
          errorStatusMin: 400,
          sitesMax: 10,
          rewrite,
        }),
        unparsed: new UnparsedSample(),
        hasCaughtUp: false,
        lagMs: 0,
        lastLagMs: 0,
        bytes: 0,
        rotations: 0,
        truncations: 0,
      }),
      encode: (windows) =>
        windows.map((window) => ({ bytes: Buffer.from(JSON.stringify(window)), points: 1 })),
      meterPoint: (startS) => ({ bytes: Buffer.from(`sidecar ${startS}`), points: 1 }),
      onWindows: (windows) => this.handed.push(...windows),
    });
    this.pipeline.restore(saved?.logs ?? []);
    this.#stop = new AbortController();
    this.isKilled = false;
    this.#running = this.pipeline.run(this.#stop.signal).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
      this.isKilled = true;
    });
    await this.settle();
  }

  /** Lets the loop run until it waits for time to pass. */
  async settle(): Promise<void> {
    while (this.clock.sleeping === 0 && !this.isKilled) await nextTurn();
  }

  async pass(seconds: number): Promise<void> {
    let leftMs = Math.round(seconds * 1000);
    while (leftMs > 0 && !this.isKilled) {
      const stepMs = Math.max(1, Math.min(leftMs, this.clock.nextDueMs ?? leftMs));
      await this.clock.advance(stepMs);
      await this.settle();
      leftMs -= stepMs;
    }
  }

  /** Ends the loop as a signal does, without the orderly finish. */
  async kill(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async finish(deadlineMs = Infinity): Promise<void> {
    await this.kill();
    await this.pipeline.finish(deadlineMs);
  }

  /** How often the windows of a log were handed over, by start. */
  starts(log: string): number[] {
    return this.handed.filter((window) => window.log === log).map(({ startS }) => startS);
  }

  /** The window as it stands in the database. */
  window(log: string, startS: number): SealedWindow {
    const found = this.handed.findLast((one) => one.log === log && one.startS === startS);
    if (found === undefined) throw new Error(`window ${startS} of ${log} was never handed over`);
    return found;
  }

  /** Sum of one figure over the windows as they stand in the database. */
  sum(log: string, name: 'lines' | 'counted' | 'unparsed' | 'late' | 'rotations'): number {
    const starts = new Set(this.starts(log));
    return [...starts].reduce((sum, startS) => sum + this.window(log, startS).agent[name], 0);
  }

  async saved(): Promise<Checkpoint> {
    const checkpoint = await this.checkpoint.load();
    if (checkpoint === undefined) throw new Error('there is no checkpoint');
    return checkpoint;
  }

  /** A folder in place of the temporary file makes every save fail, for root as well. */
  breakState(): void {
    mkdirSync(join(this.dir, 'checkpoint.new'));
  }

  repairState(): void {
    rmdirSync(join(this.dir, 'checkpoint.new'));
  }
}
