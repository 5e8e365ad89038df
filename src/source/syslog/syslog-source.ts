/**
 * Receives access logs as syslog over UDP, for `access_log syslog:server=…`. It owns the socket and the
 * lines that wait to be read. nginx has no syslog over TCP.
 *
 * Everything that comes is a stranger's: messages, lines that wait and names of logs all have a bound, and what is beyond it is counted and reported. Nothing is ever sent.
 *
 * What can be lost: what is sent while nobody listens, what UDP loses on its way, what the system drops
 * when its receive buffer is full, what finds no room here because lines come faster than they are
 * counted, and what waits here when the process is killed.
 */
import type { Clock } from '../../clock.ts';
import type { Notify } from '../../notice/notice.ts';
import type { LineBatch } from '../line-batch.ts';
import type { LineSource, LogStatus, ReceiverStatus } from '../line-source.ts';
import { PIECE_BYTES, ReceivedLines } from '../received-lines.ts';
import { type MalformedReason, SyslogHeader } from './header.ts';
import { SyslogLogs } from './logs.ts';
import {
  droppedNotice,
  listeningNotice,
  malformedNotice,
  notListeningNotice,
  otherNotice,
  overflowNotice,
} from './notices.ts';
import { SyslogUdp } from './udp.ts';
import { letArrive, Wakeup } from '../wakeup.ts';

export interface SyslogSourceOptions {
  /** As configured, for messages: `syslog://0.0.0.0:5514`. */
  readonly address: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Names of logs by tag; see SyslogLogs. */
  readonly tags: Readonly<Record<string, string>>;
  readonly log: string | undefined;
  readonly known: readonly string[];
  readonly isTaken: (log: string) => boolean;
  /** May be shared with other sources; at least 64 KiB. */
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  /** Lines that wait to be read take at most so much memory. */
  readonly waitingBytesMax?: number;
  readonly receiveBufferBytes?: number;
  readonly clock: Clock;
  readonly notify: Notify;
}

const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** How often the system is asked for its drops, losses are reported and listening is tried again. */
const LOOK_MS = 5000;
const LF = 0x0a;
const NUL = 0;

interface Losses {
  malformed: number;
  overflowed: number;
  dropped: number;
}

/** Never rejects because of the address: what cannot be listened at is reported and tried again. */
export async function openSyslogSource(options: SyslogSourceOptions): Promise<SyslogSource> {
  const source = new SyslogSource(options);
  await source.start();
  return source;
}

export class SyslogSource implements LineSource<undefined> {
  readonly #options: SyslogSourceOptions;
  readonly #lines: ReceivedLines;
  readonly #logs: SyslogLogs;
  readonly #header = new SyslogHeader();
  readonly #wakeup: Wakeup;
  readonly #udp: SyslogUdp;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #messages = 0;
  readonly #losses: Losses = { malformed: 0, overflowed: 0, dropped: 0 };
  #noticed: Losses = { ...this.#losses };
  #lastMalformed: { reason: MalformedReason; from: string } | undefined;
  #trouble: string | undefined;

  constructor(options: SyslogSourceOptions) {
    const { address, host, port, tags, log, known, isTaken, notify } = options;
    if (options.readBuffer.length < PIECE_BYTES) throw new RangeError('readBuffer is too small');
    this.#options = options;
    this.#lines = new ReceivedLines(options.waitingBytesMax ?? WAITING_BYTES_MAX);
    this.#wakeup = new Wakeup(options.clock);
    const onOther = (tag: string, reason: 'taken' | 'too-many') =>
      notify(otherNotice(address, tag, reason));
    this.#logs = new SyslogLogs({ tags, log, known, isTaken, onOther });
    const onFailure = (error: Error) => this.#fail(error);
    this.#udp = new SyslogUdp({
      host,
      port,
      receiveBufferBytes: options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES,
      receive: (datagram, from) => this.#receive(datagram, from),
      onFailure,
    });
  }

  async start(): Promise<void> {
    await this.#listen();
  }

  /** The port in use; undefined while nobody listens. */
  get port(): number | undefined {
    return this.#udp.port;
  }

  /** Names of logs that were met and are to be remembered. */
  get receivedLogs(): readonly string[] {
    return this.#logs.received;
  }

  async next(): Promise<LineBatch | undefined> {
    await this.#lookIfDue();
    if (this.#lines.isEmpty) await letArrive();
    const { readBuffer } = this.#options;
    const taken = this.#lines.take(readBuffer);
    if (taken === undefined) return undefined;
    const { length, overlongLines, overlongBytes } = taken;
    const log = this.#logs.names[taken.log] ?? '';
    const flags = { before: false, headLost: false };
    const from = { log, path: this.#pathOf(log), bytes: readBuffer };
    return { ...from, start: 0, end: length, overlongLines, overlongBytes, ...flags };
  }

  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    await this.#wakeup.wait(maxMs, signal);
  }

  checkpoint(): undefined {}

  status(): readonly LogStatus[] {
    const trouble = this.#trouble === undefined ? {} : { trouble: this.#trouble };
    return this.#logs.names.map((log, index) => ({
      log,
      path: this.#pathOf(log),
      unreadBytes: this.#lines.bytesOf(index),
      caughtUp: this.#lines.isEmpty,
      rotations: 0,
      truncations: 0,
      ...trouble,
    }));
  }

  receivers(): readonly ReceiverStatus[] {
    const { malformed, overflowed, dropped } = this.#losses;
    return [
      {
        address: this.#options.address,
        messages: this.#messages,
        malformed,
        overflowed,
        dropped,
        ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      },
    ];
  }

  async close(): Promise<void> {
    await this.#udp.close();
  }

  #pathOf(log: string): string {
    return `${this.#options.address}#${log}`;
  }

  // --- Receiving ---

  #receive(datagram: Uint8Array, from: string): void {
    let end = datagram.length;
    while (end > 0 && (datagram[end - 1] === LF || datagram[end - 1] === NUL)) end -= 1;
    if (!this.#store(datagram, 0, end, from)) this.#losses.overflowed += 1;
  }

  /** False when there is no room for it; malformed messages are counted and need none. */
  #store(bytes: Uint8Array, start: number, end: number, from: string): boolean {
    const header = this.#header;
    const malformed = header.read(bytes, start, end);
    if (malformed !== undefined) {
      this.#countMalformed(malformed, from);
      return true;
    }
    const log = this.#logs.indexOf(bytes, header.tagStart, header.tagEnd);
    const length = end - header.textStart;
    if (length > this.#options.maxLineBytes) {
      this.#lines.addOverlong(log, length + 1);
    } else if (!this.#lines.add(log, bytes, header.textStart, end)) {
      return false;
    }
    this.#messages += 1;
    this.#wakeup.wake();
    return true;
  }

  #countMalformed(reason: MalformedReason, from: string): void {
    this.#losses.malformed += 1;
    this.#lastMalformed = { reason, from };
  }

  // --- Looking after the sockets ---

  async #lookIfDue(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#lookedAtMs < LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    await this.#listen();
    await this.#udp.lookAtDrops();
    this.#losses.dropped = this.#udp.drops;
    this.#noticeLosses();
  }

  async #listen(): Promise<void> {
    const { address, notify } = this.#options;
    if (this.#udp.isOpen) return;
    this.#trouble = undefined;
    try {
      await this.#udp.open();
    } catch (error) {
      this.#notListening(notListeningNotice(address, error));
      return;
    }
    notify(listeningNotice(address, this.#udp.receiveBufferBytes));
  }

  #fail(error: Error): void {
    const { address } = this.#options;
    this.#notListening(notListeningNotice(address, error));
    this.#wakeup.wake();
  }

  #notListening(notice: ReturnType<typeof notListeningNotice>): void {
    this.#trouble = notice.message;
    this.#options.notify(notice);
  }

  #noticeLosses(): void {
    const { address, notify } = this.#options;
    const now = this.#losses;
    const before = this.#noticed;
    const last = this.#lastMalformed;
    if (now.malformed > before.malformed && last !== undefined) {
      const count = now.malformed - before.malformed;
      notify(malformedNotice(address, count, last.reason, last.from));
    }
    if (now.overflowed > before.overflowed) {
      notify(overflowNotice(address, now.overflowed - before.overflowed));
    }
    if (now.dropped > before.dropped) notify(droppedNotice(address, now.dropped - before.dropped));
    this.#noticed = { ...now };
  }
}
