import { createSocket } from 'node:dgram';
import type { TestContext } from 'node:test';
import {
  openSyslogSource,
  type SyslogSource,
  type SyslogSourceOptions,
} from '../../src/source/syslog/syslog-source.ts';
import type { Notice } from '../../src/notice/notice.ts';
import { FakeClock } from './clock.ts';
import { defer } from './defer.ts';
import { seenBatch, type SeenBatch } from './followed-log.ts';
import { waitUntil } from './wait-until.ts';

/** A message as nginx sends it with `nohostname`. */
export function message(tag: string, line: string): string {
  return `<190>Nov 22 21:10:43 ${tag}: ${line}`;
}

/** A receiver of syslog on a port of its own, and what was sent to it. */
export class SyslogRig {
  readonly clock: FakeClock;
  readonly notices: Notice[];
  readonly batches: SeenBatch[] = [];
  readonly source: SyslogSource;

  private constructor(t: TestContext, source: SyslogSource, clock: FakeClock, notices: Notice[]) {
    this.source = source;
    this.clock = clock;
    this.notices = notices;
    defer(t, () => source.close());
  }

  static async start(
    t: TestContext,
    options: Partial<SyslogSourceOptions> = {},
  ): Promise<SyslogRig> {
    const clock = new FakeClock();
    const notices: Notice[] = [];
    const source = await openSyslogSource({
      address: 'syslog://127.0.0.1:0',
      host: '127.0.0.1',
      port: 0,
      tags: {},
      log: undefined,
      known: [],
      isTaken: () => false,
      readBuffer: new Uint8Array(128 * 1024),
      maxLineBytes: 32 * 1024,
      clock,
      notify: (notice) => notices.push(notice),
      ...options,
    });
    return new SyslogRig(t, source, clock, notices);
  }

  get codes(): string[] {
    return this.notices.map((notice) => notice.code);
  }

  get receiver() {
    const [receiver] = this.source.receivers();
    if (receiver === undefined) throw new Error('there is no receiver');
    return receiver;
  }

  /** Messages taken in or lost so far. */
  get arrived(): number {
    const { messages, malformed, overflowed } = this.receiver;
    return messages + malformed + overflowed;
  }

  /** Sends datagrams, and is back when each of them has arrived. */
  async sendDatagrams(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    const before = this.arrived;
    const socket = createSocket('udp4');
    for (const one of messages) {
      await new Promise<void>((resolve, reject) => {
        socket.send(one, this.source.port, '127.0.0.1', (error) =>
          error === null ? resolve() : reject(error),
        );
      });
    }
    await waitUntil('the datagrams have arrived', () => this.arrived >= before + messages.length);
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  /** Reads until there is no more; lines by log. */
  async read(): Promise<Record<string, string[]>> {
    const read: Record<string, string[]> = {};
    for (;;) {
      const batch = await this.source.next();
      if (batch === undefined) return read;
      const seen = seenBatch(batch);
      this.batches.push(seen);
      (read[seen.log] ??= []).push(...seen.lines);
    }
  }
}
