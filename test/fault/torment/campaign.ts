import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startInflux, type Influx } from '../../support/influxdb.ts';
import { startNginx, TIMED_FORMAT, type Nginx } from '../../support/nginx.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { compareWithHistory } from './history-sums.ts';
import type { CampaignKind } from './campaign-kind.ts';
import { type FaultRota, InfluxProxy, type ObservedPoint } from './influx-proxy.ts';
import { compareWithInflux, KeptTruth, type Verdict } from './kept-truth.ts';
import type { KillPoints } from './kill-points.ts';
import { NginxLog, type RotatableLog } from './nginx-log.ts';
import { SeededRandom } from './seeded-random.ts';
import { SITE_FORMAT, SITE_PATTERN, TormentedLog } from './tormented-log.ts';
import { mountTmpfs, unmount } from './small-disk.ts';
import type { Scene, Torment } from './scene.ts';
import { TORMENTS } from './torments.ts';
import { Victim } from './victim.ts';

const DATABASE = 'fault';
const ZONES_MINUTES = [0, 60, -210, 345, 840];

export interface CampaignOptions {
  readonly kind: CampaignKind;
  readonly seed: number;
  readonly rounds: number;
  readonly killPoints: KillPoints;
  readonly proxyFaults: FaultRota;
}

/** One database, one log and one meter under so many rounds of torment, and then the sums. */
export class Campaign implements Scene {
  readonly kind: CampaignKind;
  readonly random: SeededRandom;
  readonly killPoints: KillPoints;
  readonly proxyFaults: FaultRota;
  readonly folder: string;
  readonly counts = { rounds: 0, kills: 0, lines: 0, counters: 0, histories: 0 };
  readonly torments = new Map<string, number>();
  readonly influx: Influx;
  readonly proxy: InfluxProxy;
  readonly victim: Victim;
  /** The one whose turn it is to be tormented. */
  log: RotatableLog;
  readonly #logs: readonly (TormentedLog | NginxLog)[];
  readonly #nginx: Nginx | undefined;
  readonly #startedMs = performance.now();
  readonly #rounds: number;
  /** First value of each point, where it may have only one. */
  readonly #sent = new Map<string, string>();
  readonly #sentTwice: string[] = [];

  private constructor(options: CampaignOptions, parts: Parts) {
    this.kind = options.kind;
    this.killPoints = options.killPoints;
    this.proxyFaults = options.proxyFaults;
    this.#rounds = options.rounds;
    this.random = parts.random;
    this.folder = parts.folder;
    this.influx = parts.influx;
    this.proxy = parts.proxy;
    this.victim = parts.victim;
    this.#logs = parts.logs;
    this.log = parts.logs[0]!;
    this.#nginx = parts.nginx;
    if (options.kind.rewrite === 'never') this.proxy.onTaken = (points) => this.#watch(points);
  }

  static async prepare(options: CampaignOptions): Promise<Campaign> {
    const { kind, seed } = options;
    const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-fault-'));
    const random = new SeededRandom(seed);
    const influx = await startInflux({ dir: join(folder, 'influx') });
    await influx.createDatabase(DATABASE);
    const proxy = await InfluxProxy.start(influx.url);
    const { logs, nginx } = await makeLogs(kind, folder, random);
    const victim = await Victim.prepare(join(folder, 'meter'), {
      LOG_PATHS: kind.sharesName
        ? `access=${join(folder, 'logs/*.log')}`
        : logs.map(({ path }) => path).join(','),
      LOG_FORMAT: kind.isNginx ? TIMED_FORMAT : SITE_FORMAT,
      READ_FROM: 'all',
      WINDOW: `${kind.windowS}s`,
      LATENESS: kind.lateness,
      REWRITE: kind.rewrite,
      MAX_SITES: String(kind.maxSites),
      SPOOL_MAX_BYTES: kind.spoolMaxBytes,
      INFLUX_URL: proxy.url,
      INFLUX_DB: DATABASE,
    });
    if (kind.isOnTmpfs) await mountTmpfs(victim.stateDir, '3m');
    return new Campaign(options, { folder, random, influx, proxy, victim, logs, nginx });
  }

  /** The torment, the settling and the verdict. Rejects when the meter breaks another promise. */
  async run(): Promise<Verdict> {
    for (const log of this.#logs) log.start();
    await this.startMeter();
    for (let round = 0; round < this.#rounds; round += 1) {
      this.log = this.random.pick(this.#logs);
      const torment = this.#choose();
      this.torments.set(torment.name, (this.torments.get(torment.name) ?? 0) + 1);
      this.note(`-- ${torment.name}`);
      await torment.run(this);
      this.victim.assertAlive();
      this.counts.rounds += 1;
    }
    const differences: string[] = [];
    let lostLines = 0;
    let doubledLines = 0;
    for (const [name, truth] of await this.#settle()) {
      this.counts.lines += truth.lines;
      // Written once, a minute's dimensions come long after its windows.
      const mayWait = this.kind.rewrite === 'never';
      const verdict = await compareWithInflux(truth, this.influx, DATABASE, name, { mayWait });
      if (this.#hasHistory) {
        differences.push(
          ...compareWithHistory(truth, join(this.victim.stateDir, 'history.db'), name),
        );
        this.counts.histories += 1;
      }
      differences.push(...verdict.differences.map((difference) => `${name}: ${difference}`));
      lostLines += verdict.lostLines;
      doubledLines += verdict.doubledLines;
    }
    differences.push(...this.#sentTwice);
    for (const difference of differences) this.note(difference);
    return { differences, lostLines, doubledLines };
  }

  /** A line of the journal; everything that was done, in order. */
  note(text: string): void {
    const ms = String(Math.round(performance.now() - this.#startedMs)).padStart(7);
    appendFileSync(join(this.folder, 'journal.txt'), `${ms} ${text}\n`);
  }

  get synthetic(): TormentedLog | undefined {
    return this.log instanceof TormentedLog ? this.log : undefined;
  }

  async startMeter(killAt?: string): Promise<void> {
    await this.victim.start(killAt);
    this.note(`started${killAt === undefined ? '' : ` with ${killAt}`}`);
  }

  async killMeter(): Promise<void> {
    if (this.victim.isRunning) this.counts.kills += 1;
    await this.victim.kill();
    this.note('killed');
  }

  /** The folder stays when something is to be looked at. */
  async close(keepsFolder: boolean): Promise<void> {
    for (const log of this.#logs) if (log instanceof TormentedLog) log.close();
    await this.victim.kill();
    await this.#nginx?.stop();
    await this.proxy.close();
    await this.influx.kill();
    if (this.kind.isOnTmpfs) await unmount(this.victim.stateDir);
    if (!keepsFolder) rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #choose(): Torment {
    const possible = TORMENTS.filter((torment) => torment.can(this));
    let at = this.random.next() * possible.reduce((sum, torment) => sum + torment.weight, 0);
    for (const torment of possible) {
      at -= torment.weight;
      if (at < 0) return torment;
    }
    throw new Error('no torment is possible');
  }

  /** No more faults: everything that was written is read, sent and acknowledged. */
  async #settle(): Promise<ReadonlyMap<string, KeptTruth>> {
    await this.proxy.setMode('pass');
    const truths = new Map<string, KeptTruth>();
    for (const log of this.#logs) {
      if (log instanceof TormentedLog) log.stop();
      const name = this.kind.sharesName ? 'access' : basename(log.path, '.log');
      truths.set(name, log instanceof NginxLog ? await log.finish() : log.truth);
    }
    this.note('settling');
    // A new process waits for no backoff that an outage before has earned.
    await this.victim.stop();
    await this.startMeter();
    let state: Record<string, number | boolean | undefined> = {};
    const isSettled = async (): Promise<boolean> => {
      this.victim.assertAlive();
      const [isReady, unread, records] = [
        await this.victim.ready(),
        await this.victim.metric('unread_bytes'),
        await this.victim.metric('spool_records'),
      ];
      // Where nothing is rewritten, the last windows wait for the allowed lateness.
      const open = this.kind.rewrite === 'never' ? await this.victim.metric('open_windows') : 0;
      state = { isReady, unread, records, open };
      return isReady && unread === 0 && records === 0 && open === 0;
    };
    await waitUntil('the meter has read and sent everything', isSettled, {
      deadlineMs: 60_000,
      pollMs: 50,
      detail: () => `${JSON.stringify(state)}\n${this.victim.output.slice(-2000)}`,
    });
    await this.#waitForCounters(truths);
    await this.victim.stop();
    return truths;
  }

  /**
   * A part is missing where it could not be written, and where its folder was taken away and another one
   * put in its place.
   */
  get #hasHistory(): boolean {
    const wasTakenAway = [...this.torments.keys()].some((name) => name.includes('gone and back'));
    return !wasTakenAway && !/history cannot be/i.test(this.victim.output);
  }

  /** After a checkpoint was given up the counters begin again, with the lines that are still there. */
  async #waitForCounters(truths: ReadonlyMap<string, KeptTruth>): Promise<void> {
    if (/read again/.test(this.victim.output)) return;
    for (const [log, { lines, unparsed }] of truths) {
      let requests = 0;
      await waitUntil(
        `the counter of ${log} has every line once`,
        async () => (requests = await this.victim.countedRequests(log)) === lines - unparsed,
        { deadlineMs: 15_000, detail: () => `it has ${requests} for ${lines - unparsed}` },
      );
      this.counts.counters += 1;
    }
  }

  #watch(points: readonly ObservedPoint[]): void {
    for (const { key, measurement, fields } of points) {
      if (measurement !== 'access_log') continue;
      const first = this.#sent.get(key);
      if (first === undefined) this.#sent.set(key, fields);
      else if (first !== fields) this.#sentTwice.push(`${key} was sent with two values`);
    }
  }
}

interface Parts {
  readonly folder: string;
  readonly random: SeededRandom;
  readonly influx: Influx;
  readonly proxy: InfluxProxy;
  readonly victim: Victim;
  readonly logs: readonly (TormentedLog | NginxLog)[];
  readonly nginx: Nginx | undefined;
}

async function makeLogs(
  kind: CampaignKind,
  folder: string,
  random: SeededRandom,
): Promise<Pick<Parts, 'logs' | 'nginx'>> {
  const { windowS, disorderMaxS } = kind;
  if (kind.isNginx) {
    const nginx = await startNginx({
      dir: mkdtempSync(join(folder, 'nginx-')),
      logFormat: TIMED_FORMAT,
      logParameters: 'buffer=16k flush=1s',
    });
    return { logs: [new NginxLog(nginx, windowS)], nginx };
  }
  const newTruth = (): KeptTruth => new KeptTruth(SITE_PATTERN, windowS, kind.maxSites >= 4);
  const shared = newTruth();
  const logs: TormentedLog[] = [];
  for (const name of ['access', 'shop', 'static'].slice(0, kind.files)) {
    const path = join(folder, `logs/${name}.log`);
    const zoneMinutes = random.pick(ZONES_MINUTES);
    const linesPerTick = random.between(2, Math.ceil(12 / kind.files));
    const truth = kind.sharesName ? shared : newTruth();
    const { names } = kind;
    const how = { disorderMaxS, zoneMinutes, linesPerTick, names };
    logs.push(new TormentedLog({ path, random, truth, ...how }));
  }
  return { logs, nginx: undefined };
}
