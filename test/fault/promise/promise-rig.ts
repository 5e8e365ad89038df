import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defer } from '../../support/defer.ts';
import { httpRequest } from '../../support/http.ts';
import { startInflux, type Influx } from '../../support/influxdb.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { InfluxProxy } from '../torment/influx-proxy.ts';
import { compareWithInflux, KeptTruth } from '../torment/kept-truth.ts';
import { SeededRandom } from '../torment/seeded-random.ts';
import { mountTmpfs, unmount } from '../torment/small-disk.ts';
import { SITE_FORMAT, SITE_PATTERN, TormentedLog } from '../torment/tormented-log.ts';
import { Victim } from '../torment/victim.ts';

const DATABASE = 'promise';

export interface RigOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly disorderMaxS?: number;
  /** Size of a tmpfs of its own for STATE_DIR. */
  readonly tmpfs?: string;
}

/** A real database behind a proxy, a log that is written by hand, and a meter that can be killed. */
export class PromiseRig {
  readonly folder: string;
  readonly influx: Influx;
  readonly proxy: InfluxProxy;
  readonly log: TormentedLog;
  readonly victim: Victim;
  /** Written once, a minute's dimensions come long after its windows. */
  readonly mayWait: boolean;

  private constructor(
    parts: Pick<PromiseRig, 'folder' | 'influx' | 'proxy' | 'log' | 'victim' | 'mayWait'>,
  ) {
    this.folder = parts.folder;
    this.influx = parts.influx;
    this.proxy = parts.proxy;
    this.log = parts.log;
    this.victim = parts.victim;
    this.mayWait = parts.mayWait;
  }

  /** Everything but the meter itself is running. */
  static async start(t: TestContext, options: RigOptions = {}): Promise<PromiseRig> {
    const folder = temporaryFolder(t);
    const influx = await startInflux({ dir: join(folder, 'influx') });
    defer(t, () => influx.kill());
    await influx.createDatabase(DATABASE);
    const proxy = await InfluxProxy.start(influx.url);
    defer(t, () => proxy.close());
    const windowS = Number.parseInt(options.env?.['WINDOW'] ?? '1', 10);
    const log = new TormentedLog({
      path: join(folder, 'logs/access.log'),
      random: new SeededRandom(1),
      truth: new KeptTruth(SITE_PATTERN, windowS),
      disorderMaxS: options.disorderMaxS ?? 5,
      zoneMinutes: 60,
      linesPerTick: 5,
    });
    defer(t, () => log.close());
    const victim = await Victim.prepare(join(folder, 'meter'), {
      LOG_PATHS: log.path,
      LOG_FORMAT: SITE_FORMAT,
      WINDOW: `${windowS}s`,
      LATENESS: '5m',
      INFLUX_URL: proxy.url,
      INFLUX_DB: DATABASE,
      ...options.env,
    });
    if (options.tmpfs !== undefined) {
      await mountTmpfs(victim.stateDir, options.tmpfs);
      defer(t, () => unmount(victim.stateDir));
    }
    defer(t, () => victim.kill());
    const mayWait = options.env?.['REWRITE'] === 'never';
    return new PromiseRig({ folder, influx, proxy, log, victim, mayWait });
  }

  /** The reasons that /readyz gives. */
  async unready(): Promise<string> {
    const { status, body } = await httpRequest(`${this.victim.url}/readyz`);
    return status === 200 ? '' : body;
  }

  /** Everything that was written has been read, sent and acknowledged. */
  async settled(): Promise<void> {
    let seen = '';
    await waitUntil(
      'the meter has read and sent everything',
      async () => {
        this.victim.assertAlive();
        const [lines, unread, records, ready] = [
          await this.victim.metric('lines_total'),
          await this.victim.metric('unread_bytes'),
          await this.victim.metric('spool_records'),
          await this.unready(),
        ];
        seen = JSON.stringify({ lines, unread, records, ready });
        return ready === '' && unread === 0 && records === 0;
      },
      { deadlineMs: 30_000, pollMs: 25, detail: () => seen + this.victim.output.slice(-2000) },
    );
  }

  /** The database holds every request that was written. */
  async delivered(): Promise<void> {
    const { truth } = this.log;
    let counted = 0;
    await waitUntil(
      'the database holds every request',
      async () => {
        this.victim.assertAlive();
        counted = await this.counted();
        return counted === truth.lines - truth.unparsed;
      },
      {
        // A window of half a minute may just have begun.
        deadlineMs: 60_000,
        pollMs: 50,
        detail: () =>
          `${counted} of ${truth.lines - truth.unparsed}\n${this.victim.output.slice(-2000)}`,
      },
    );
    await this.settled();
  }

  /** At some moment nothing waited, though traffic goes on. */
  async settledOnce(): Promise<void> {
    await waitUntil('the meter keeps up', async () => (await this.unready()) === '', {
      deadlineMs: 30_000,
      detail: () => this.victim.output.slice(-2000),
    });
  }

  /** Ends it in order and compares every field of every window with the truth. */
  async assertExact(): Promise<void> {
    await this.settled();
    await this.victim.stop();
    const { truth } = this.log;
    const verdict = await compareWithInflux(truth, this.influx, DATABASE, 'access', this);
    assert.deepEqual(verdict.differences, []);
    assert.ok(truth.lines > 0);
  }

  /** Requests that the database holds. */
  async counted(): Promise<number> {
    const [row] = await this.influx.rows('SELECT sum("count") AS n FROM "access_log"', DATABASE);
    return Number(row?.['n'] ?? 0);
  }
}
