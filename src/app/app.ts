import { join } from 'node:path';
import { AdvisedFormats, AdvisedParser } from './advised-parser.ts';
import { clientVariable } from './client-variable.ts';
import type { SealedWindow } from '../aggregate/sealed-window.ts';
import { TrafficTotals } from '../aggregate/traffic-totals.ts';
import { CheckpointFile } from '../state/checkpoint.ts';
import type { Checkpoint, PointIdentity } from '../state/checkpoint-form.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { FollowCheckpoint } from '../source/rotation/follow-checkpoint.ts';
import type { LineSource, SourcePositions } from '../source/line-source.ts';
import { DeadLetterFile } from '../deliver/dead-letter.ts';
import type { Encoding, Target } from '../deliver/target.ts';
import { encodeMeter, pointGroups } from '../points/points.ts';
import type { PointGroup } from '../points/point-sink.ts';
import { openHistory } from './open-history.ts';
import type { History } from '../history/history.ts';
import type { ProcessTags } from '../points/process-tags.ts';
import { Spool } from '../spool/spool.ts';
import { Writer } from '../deliver/writer.ts';
import { createParser } from '../parse/parser.ts';
import type { Scanner } from '../parse/line/scanner.ts';
import { createStages, type Stages } from './stages.ts';
import { LogRotation } from '../nginx/log-rotation.ts';
import type { GeoipDatabase } from '../geoip/geoip.ts';
import { arePositionsKnown, openLogSources } from './open-sources.ts';
import { Pipeline, type LogLane } from '../pipeline/pipeline.ts';
import type { Notify } from '../notice/notice.ts';
import { MeterFigures } from './process-point.ts';
import { StateLock } from '../state/state-lock.ts';
import { snapshotOf } from './status-snapshot.ts';
import type { MeterStatus } from '../status/meter-status.ts';
import { startStatusServer, type StatusServer } from '../status/server.ts';
import { LineProtocol } from '../deliver/line-protocol/line-protocol.ts';
import { openTarget } from './open-target.ts';
import { pageParts } from './page-parts.ts';
import { UnparsedSample } from '../pipeline/unparsed-sample.ts';

/**
 * The composition root: builds everything from the configuration, and knows the order of start and
 * stop. Start: lock → checkpoint → spool → source → loop and writer → status server. Stop is the
 * reverse; what the deadline does not allow to be sent stays in the spool.
 */
export interface AppOptions {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly notify: Notify;
  /** Windows as they are handed over, for the live summary. */
  readonly onWindows: (windows: readonly SealedWindow[]) => void;
  /** With GEOIP_DB. It outlives an App, so that a file broken meanwhile does not end the next start. */
  readonly geoip?: GeoipDatabase | undefined;
  /** Forget the checkpoint and read everything there is again: points of it are lost. */
  readonly readAgain?: boolean;
  /** For the fault tests. */
  readonly killPoint?: ((name: string) => void) | undefined;
}

/** From SIGTERM to exit: reading to the end, then sending, 9 s together. Docker kills after 10 s. */
const FINISH_MS = 4000;
const DRAIN_MS = 3000;
/** A request that is out then is waited for so long. */
const ABANDON_MS = 2000;
/** Another database of countries is looked for once in so many polls. */
const GEOIP_POLLS = 10;

/** The checkpoint was made with settings under which its windows cannot go on. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

export class App {
  readonly #options: AppOptions;
  readonly #lock: StateLock;
  readonly #spool: Spool;
  readonly #source: LineSource<SourcePositions>;
  readonly #pipeline: Pipeline;
  readonly #writer: Writer | undefined;
  readonly #target: Target | undefined;
  readonly #history: History | undefined;
  readonly #stopping = new AbortController();
  readonly #startedMs: number;
  #server: StatusServer | undefined;
  #isDamaged = false;

  private constructor(parts: AppParts) {
    this.#options = parts.options;
    this.#lock = parts.lock;
    this.#spool = parts.spool;
    this.#source = parts.source;
    this.#pipeline = parts.pipeline;
    this.#writer = parts.writer;
    this.#target = parts.target;
    this.#history = parts.history;
    this.#startedMs = parts.options.clock.monotonicMs();
    parts.onDamage((): void => {
      this.#isDamaged = true;
      this.#stopping.abort();
    });
  }

  /**
   * Throws StateLockedError, IdentityError, ListenError, LogFormatError, and what the disk throws
   * when there is state that cannot be read.
   */
  static async start(options: AppOptions): Promise<App> {
    const lock = await StateLock.acquire(options.config.stateDir, options.notify);
    let app: App | undefined;
    try {
      const started = new App(await buildParts(options, lock));
      app = started;
      const { listen } = options.config;
      if (listen !== undefined) {
        const page = await pageParts(options, started.#history);
        started.#server = await startStatusServer(listen, () => started.status(), page);
      }
      return started;
    } catch (error) {
      await (app === undefined ? lock.release() : app.#close());
      throw error;
    }
  }

  /** Where the status server listens, with the port in use. */
  get address(): { host: string; port: number } | undefined {
    return this.#server?.address;
  }

  /**
   * Runs until `signal` aborts or the input has ended, then reads to the end, writes what is due and
   * closes. Resolves to `read-again` when points were damaged in the spool: then a new App must be
   * started at once, which reads the logs again.
   */
  async run(signal: AbortSignal): Promise<'stopped' | 'read-again'> {
    const { clock } = this.#options;
    const stop = AbortSignal.any([signal, this.#stopping.signal]);
    const drained = new AbortController();
    const writing = this.#writer?.run(drained.signal);
    const watching = this.#watchGeoip(drained.signal);
    try {
      await this.#pipeline.run(stop);
      if (!this.#isDamaged) {
        await this.#pipeline.finish(clock.monotonicMs() + FINISH_MS);
        // At the end of the input nobody is in a hurry: what is not sent is waited for.
        const drain = stop.aborted ? AbortSignal.timeout(DRAIN_MS) : stop;
        if (writing !== undefined) await this.#spool.whenDrained(drain);
        await this.#pipeline.saveAcknowledged();
      }
    } finally {
      drained.abort();
      await writing;
      await watching;
      await this.#close();
    }
    return this.#isDamaged ? 'read-again' : 'stopped';
  }

  async #watchGeoip(signal: AbortSignal): Promise<void> {
    const { clock, notify, config, geoip } = this.#options;
    const intervalMs = GEOIP_POLLS * config.pollIntervalMs;
    await geoip?.watch({ intervalMs, clock, notify, signal });
  }

  async #close(): Promise<void> {
    await this.#server?.close();
    await this.#source.close();
    await this.#target?.close();
    await this.#spool.close();
    this.#history?.close();
    await this.#lock.release();
  }

  status(): MeterStatus {
    return snapshotOf({
      version: this.#options.version,
      config: this.#options.config,
      clock: this.#options.clock,
      startedMs: this.#startedMs,
      pipeline: this.#pipeline,
      logs: this.#source.status(),
      folders: this.#source.folders?.() ?? [],
      receivers: this.#source.receivers?.() ?? [],
      spool: this.#spool,
      writer: this.#writer,
      targetAddress: this.#target?.address,
    });
  }
}

interface AppParts {
  readonly options: AppOptions;
  readonly lock: StateLock;
  readonly spool: Spool;
  readonly source: LineSource<SourcePositions>;
  readonly pipeline: Pipeline;
  readonly writer: Writer | undefined;
  readonly target: Target | undefined;
  readonly history: History | undefined;
  /** Called when damaged records are found while draining. */
  readonly onDamage: (listener: () => void) => void;
}

async function buildParts(options: AppOptions, lock: StateLock): Promise<AppParts> {
  const { config, clock, notify, killPoint } = options;
  const checkpointFile = new CheckpointFile({
    dir: config.stateDir,
    clock,
    notify,
    arePositionsKnown,
    killPoint,
  });
  if (options.readAgain === true) await checkpointFile.forget();
  const saved = await checkpointFile.load();
  if (saved !== undefined) checkIdentity(saved, config);
  const damage = { listener: (): void => {} };
  const spool = await Spool.open({
    dir: join(config.stateDir, 'spool'),
    maxBytes: config.spoolMaxBytes,
    committedSeq: saved?.spoolSeq,
    ackedSeq: saved?.ackedSeq,
    whenFull: config.influx === undefined ? 'drop-oldest' : 'stop',
    clock,
    notify,
    beforeLoss: () => checkpointFile.forget(),
    onDamage: () => damage.listener(),
    killPoint,
  });
  // With points of it gone the checkpoint is forgotten by now, and its windows come out of the logs again.
  const checkpoint = spool.wasDamaged ? await checkpointFile.load() : saved;
  const stages = createStages(config, options.geoip);
  const { scanner } = stages;
  const advised = new AdvisedFormats();
  const newParser = (log: string) => newAdvisedParser(log, config, scanner, { advised, notify });
  newParser(''); // Fails on an invalid LOG_FORMAT before anything is opened.
  const { source, filePositions } = await openLogSources({
    config,
    readFrom: checkpointFile.mustReadAll ? 'all' : config.readFrom,
    saved: checkpoint?.sources,
    readBuffer: scanner.readBuffer,
    stdin: () => process.stdin,
    clock,
    notify,
  });
  const target = config.influx === undefined ? undefined : openTarget(config.influx, clock, notify);
  const writer = target && newWriter(target, spool, options);
  const history = await openHistory(config, clock, notify);
  const pipeline = buildPipeline(options, {
    history,
    source,
    filePositions,
    spool,
    checkpointFile,
    writer,
    // Without a database the points wait in the spool for the one that is set some day.
    encoding: target ?? new LineProtocol(),
    newParser,
    stages,
  });
  pipeline.restore(checkpoint?.logs ?? []);
  return {
    options,
    lock,
    spool,
    source,
    pipeline,
    writer,
    target,
    history,
    onDamage: (listener) => {
      damage.listener = listener;
    },
  };
}

function newWriter(target: Target, spool: Spool, options: AppOptions): Writer {
  const { config, clock, notify, killPoint } = options;
  return new Writer({
    target,
    spool,
    deadLetter: new DeadLetterFile({ stateDir: config.stateDir, clock, notify }),
    clock,
    notify,
    random: Math.random,
    asksFirst: true,
    shutdownDeadlineMs: ABANDON_MS,
    killPoint,
  });
}

function newAdvisedParser(
  log: string,
  config: Config,
  scanner: Scanner,
  told: { readonly advised: AdvisedFormats; readonly notify: Notify },
) {
  const { logFormat, logFormats, logJsonKeys: jsonKeys } = config;
  const format = logFormats.get(log) ?? [logFormat];
  return new AdvisedParser(createParser({ format, scanner, jsonKeys }), {
    log,
    setting: format[0] ?? logFormat,
    clientVariable: clientVariable(config),
    ...told,
  });
}

function buildPipeline(
  { config, clock, notify, onWindows }: AppOptions,
  parts: {
    history: History | undefined;
    source: LineSource<SourcePositions>;
    filePositions: () => FollowCheckpoint;
    spool: Spool;
    checkpointFile: CheckpointFile;
    writer: Writer | undefined;
    encoding: Encoding;
    newParser: (log: string) => LogLane['parser'];
    stages: Stages;
  },
): Pipeline {
  const tags: ProcessTags = { host: config.hostTag, extra: config.tags };
  const pipeline: Pipeline = new Pipeline({
    source: parts.source,
    records: parts.stages.records,
    requests: parts.stages.requests,
    queue: parts.spool,
    checkpoint: parts.checkpointFile,
    clock,
    notify,
    windowS: config.windowS,
    rewrite: config.rewrite,
    identity: identityOf(config),
    newLane: (log) => ({
      log,
      parser: parts.newParser(log),
      windows: parts.stages.newWindows(log, new TrafficTotals()),
      unparsed: new UnparsedSample(),
      hasCaughtUp: false,
      lagMs: 0,
      lastLagMs: 0,
      bytes: 0,
      rotations: 0,
      truncations: 0,
    }),
    encode: (windows, dimensions) => {
      parts.history?.put(pointGroups(windows, dimensions, tags));
      return parts.encoding.encode(pointGroups(windows, dimensions, tags));
    },
    beforeCheckpoint: () => parts.history?.commit(),
    meterPoint: (startS) => {
      const receivers = parts.source.receivers?.() ?? [];
      const totals = figures.take(pipeline, receivers, parts.spool, parts.writer);
      const point: PointGroup = (into) => encodeMeter(totals, startS, tags, into);
      parts.history?.put([point]);
      const [batch] = parts.encoding.encode([point]);
      return batch;
    },
    onWindows,
    ...afterCommit(config, parts, clock, notify),
  });
  const figures = new MeterFigures(clock, config.spoolMaxBytes);
  return pipeline;
}

/** With ROTATE_AT, what it does once the positions it goes by are on disk. */
function afterCommit(
  { rotateAtBytes, rotatePidFile: pidFile }: Config,
  { source, filePositions }: { source: LineSource; filePositions: () => FollowCheckpoint },
  clock: Clock,
  notify: Notify,
): { readonly afterCommit?: () => Promise<void> } {
  if (rotateAtBytes === undefined) return {};
  const rotation = new LogRotation({ rotateAtBytes, pidFile, clock, notify });
  const followed = () => new Set(source.status().map(({ path }) => path));
  return { afterCommit: () => rotation.turn(filePositions(), followed()) };
}

function identityOf({ windowS, hostTag, tags }: Config): PointIdentity {
  return { windowS, host: hostTag, tags };
}

function checkIdentity({ identity, logs }: Checkpoint, config: Config): void {
  checkLength('WINDOW', config.windowS, identity.windowS, config.stateDir);
  for (const { windows } of logs) {
    const savedS = windows.dimensions?.windowS;
    // Dimensions may be switched on or off here; only a changed length is refused.
    if (savedS === undefined || config.dimensionWindowS === undefined) continue;
    checkLength('DIMENSION_WINDOW', config.dimensionWindowS, savedS, config.stateDir);
  }
}

function checkLength(name: string, wantedS: number, savedS: number, stateDir: string): void {
  if (wantedS === savedS) return;
  throw new IdentityError(
    `${name} is ${wantedS}s, but the checkpoint in ${stateDir} was made with ` +
      `${savedS}s, and windows of one length cannot go on as windows of another. Set ` +
      `${name} back, or give the meter an empty STATE_DIR: then the log is read again from the ` +
      'beginning of what is there.',
  );
}
