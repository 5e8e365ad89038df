import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DeadLetterFile } from '../../../src/deliver/dead-letter.ts';
import type {
  InfluxAddress,
  InfluxAddressV1,
  InfluxAddressV2,
} from '../../../src/deliver/influx/address.ts';
import { InfluxTarget } from '../../../src/deliver/influx/influx-target.ts';
import type { Target } from '../../../src/deliver/target.ts';
import type { Spool } from '../../../src/spool/spool.ts';
import { Writer, type WriterOptions, type WriterState } from '../../../src/deliver/writer.ts';
import { defer } from '../../support/defer.ts';
import { SpoolRig } from '../../support/spool-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { FakeInflux } from './fake-influx.ts';

export interface DeliveryOptions {
  readonly address?: Partial<InfluxAddressV1> | Omit<InfluxAddressV2, 'url'>;
  /** Of the server's address, behind its port. */
  readonly path?: string;
  readonly replyTimeoutMs?: number;
  readonly writer?: Partial<WriterOptions>;
}

/** A real spool and a real writer before a scripted server, on a clock of the test's own. */
export class DeliveryRig {
  readonly rig: SpoolRig;
  readonly influx: FakeInflux;
  readonly spool: Spool;
  readonly writer: Writer;
  readonly deadLetter: DeadLetterFile;
  /** Monotonic time at the beginning of each request. */
  readonly sentAtMs: number[] = [];
  readonly states: WriterState['kind'][] = [];
  /** Called at the beginning of each request with the state that the one before has left. */
  onSent: (state: WriterState['kind']) => void = () => {};
  readonly stop = new AbortController();
  readonly running: Promise<void>;
  #inFlight = 0;

  private constructor(
    parts: Pick<DeliveryRig, 'rig' | 'influx' | 'spool'> & { folder: string },
    options: DeliveryOptions,
  ) {
    const { rig, influx, spool, folder } = parts;
    this.rig = rig;
    this.influx = influx;
    this.spool = spool;
    const address = {
      flavour: 'v1',
      url: influx.url + (options.path ?? ''),
      database: 'nginx',
      ...options.address,
    } as InfluxAddress;
    const notify: WriterOptions['notify'] = (r) => rig.notices.push(r);
    this.deadLetter = new DeadLetterFile({ stateDir: folder, clock: rig.clock, notify });
    const { replyTimeoutMs } = options;
    const target = new InfluxTarget({
      address,
      notify,
      clock: rig.clock,
      ...(replyTimeoutMs === undefined ? {} : { replyTimeoutMs }),
    });
    this.writer = new Writer({
      target: {
        name: target.name,
        address: target.address,
        split: (bytes) => target.split(bytes),
        send: async (payload, signal) => {
          this.states.push(this.writer.state.kind);
          this.onSent(this.writer.state.kind);
          this.sentAtMs.push(rig.clock.monotonicMs());
          this.#inFlight++;
          const outcome = await target.send(payload, signal);
          this.#inFlight--;
          return outcome;
        },
      },
      spool,
      deadLetter: this.deadLetter,
      clock: rig.clock,
      notify,
      random: () => 0.5,
      ...options.writer,
    });
    this.running = this.#run(target);
  }

  async #run(target: Target): Promise<void> {
    try {
      await this.writer.run(this.stop.signal);
    } finally {
      await target.close();
    }
  }

  static async start(
    t: TestContext,
    lines: readonly (readonly string[])[],
    script: (influx: FakeInflux) => void,
    options: DeliveryOptions = {},
  ): Promise<DeliveryRig> {
    const folder = temporaryFolder(t);
    const rig = new SpoolRig(folder);
    const influx = await FakeInflux.start(t);
    script(influx);
    const spool = await rig.open();
    for (const batch of lines)
      await spool.append(Buffer.from(`${batch.join('\n')}\n`), batch.length);
    await spool.sync();
    spool.commit(spool.lastSeq);
    const delivery = new DeliveryRig({ rig, influx, spool, folder }, options);
    // A rejection is for the test that awaits `running`; elsewhere it must not end the process.
    delivery.running.catch(() => {});
    defer(t, async () => {
      delivery.stop.abort();
      await rig.clock.advance(10_000);
      await delivery.running.catch(() => {});
      await spool.close();
    });
    return delivery;
  }

  get isRequesting(): boolean {
    return this.#inFlight > 0;
  }

  /** Lets requests take the real time they need, and the waiting between them none. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const endMs = performance.now() + 20_000;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
      await delay(1);
      const dueMs = this.rig.clock.nextDueMs;
      // While a request is out its deadline sleeps too, and must not be run into.
      if (!this.isRequesting && dueMs !== undefined && !condition())
        await this.rig.clock.advance(dueMs);
    }
  }

  untilDrained(): Promise<void> {
    return this.until('everything is acknowledged', () => this.spool.records === 0);
  }

  /** Milliseconds between the requests. */
  get gapsMs(): number[] {
    return this.sentAtMs.slice(1).map((ms, i) => ms - this.sentAtMs[i]!);
  }

  /** Lines of the dead-letter file without its comments. */
  get deadLines(): string[] {
    if (!existsSync(this.deadLetter.path)) return [];
    const lines = readFileSync(this.deadLetter.path, 'utf8').trimEnd().split('\n');
    return lines.filter((line) => !line.startsWith('#'));
  }

  get storedLines(): string[] {
    return [...this.influx.stored.values()];
  }
}

/** `count` lines of different series. */
export function linesNamed(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `m,s=${name}${i} v=${i}i 10`);
}
