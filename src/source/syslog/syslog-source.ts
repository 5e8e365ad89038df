/**
 * Receives access logs as syslog, for `access_log syslog:server=…`, over UDP and TCP at one address. It
 * owns the sockets and the lines that wait to be read.
 *
 * Everything that comes is a stranger's: messages, lines that wait, connections and names of logs all
 * have a bound, and what is beyond it is counted and reported. Nothing is ever sent.
 *
 * What can be lost: what is sent while nobody listens, what UDP loses on its way, what the system drops
 * when its receive buffer is full, what finds no room here because lines come faster than they are
 * counted, and what waits here when the process is killed. A TCP sender is made to wait instead.
 */
import type { Clock } from '../../clock.ts';
import type { Notify } from '../../notice/notice.ts';
import type { PassingSource } from '../combined-source.ts';
import type { LineBatch } from '../line-batch.ts';
import type { LogStatus, ReceiverStatus } from '../line-source.ts';
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
  refusedNotice,
} from './notices.ts';
import { SyslogTcp } from './tcp.ts';
import { SyslogUdp } from './udp.ts';
import { letArrive, Wakeup } from '../wakeup.ts';

export interface SyslogSourceOptions {
  /** As configured, for messages: `syslog://0.0.0.0:5514`. */
  readonly address: string;
  readonly transports: readonly ('udp' | 'tcp')[];
  readonly host: string;
  /** 0 lets the system choose, for each transport. */
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
  readonly connectionsMax?: number;
  readonly idleMs?: number;
  readonly clock: Clock;
  readonly notify: Notify;
}

const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const CONNECTIONS_MAX = 64;
const IDLE_MS = 10 * 60_000;
/** How often the system is asked for its drops, losses are reported and listening is tried again. */
const LOOK_MS = 5000;
const LF = 0x0a;
const NUL = 0;

interface Losses {
  malformed: number;
  overflowed: number;
  dropped: number;
  refused: number;
}

/** Never rejects because of the address: what cannot be listened at is reported and tried again. */
export async function openSyslogSource(options: SyslogSourceOptions): Promise<SyslogSource> {
  const source = new SyslogSource(options);
  await source.start();
  return source;
}

export class SyslogSource implements PassingSource {
  readonly #options: SyslogSourceOptions;
  readonly #lines: ReceivedLines;
  readonly #logs: SyslogLogs;
  readonly #header = new SyslogHeader();
  readonly #wakeup: Wakeup;
  readonly #udp: SyslogUdp | undefined;
  readonly #tcp: SyslogTcp | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #messages = 0;
  readonly #losses: Losses = { malformed: 0, overflowed: 0, dropped: 0, refused: 0 };
  #noticed: Losses = { ...this.#losses };
  #lastMalformed: { reason: MalformedReason; from: string } | undefined;
  #isListening = false;
  #trouble: string | undefined;

  constructor(options: SyslogSourceOptions) {
    const { address, host, port, tags, log, known, isTaken, transports, notify } = options;
    if (options.readBuffer.length < PIECE_BYTES) throw new RangeError('readBuffer is too small');
    this.#options = options;
    this.#lines = new ReceivedLines(options.waitingBytesMax ?? WAITING_BYTES_MAX);
    this.#wakeup = new Wakeup(options.clock);
    const onOther = (tag: string, reason: 'taken' | 'too-many') =>
      notify(otherNotice(address, tag, reason));
    this.#logs = new SyslogLogs({ tags, log, known, isTaken, onOther });
    const onFailure = (error: Error) => this.#fail(error);
    if (transports.includes('udp')) {
      const receiveBufferBytes = options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES;
      const receive = (datagram: Uint8Array, from: string) => this.#receive(datagram, from);
      this.#udp = new SyslogUdp({ host, port, receiveBufferBytes, receive, onFailure });
    }
    if (transports.includes('tcp')) {
      this.#tcp = new SyslogTcp({
        host,
        port,
        connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX,
        idleMs: options.idleMs ?? IDLE_MS,
        messageBytesMax: PIECE_BYTES - 1,
        offer: (bytes, start, end) => (this.#store(bytes, start, end, 'TCP') ? 'stored' : 'full'),
        onTooLong: (head) => this.#passOver(head),
        onMalformed: (reason, from) => this.#countMalformed(reason, from),
        onFailure,
      });
    }
  }

  async start(): Promise<void> {
    await this.#listen();
  }

  /** Ports in use; undefined while nobody listens. */
  get ports(): { readonly udp: number | undefined; readonly tcp: number | undefined } {
    return { udp: this.#udp?.port, tcp: this.#tcp?.port };
  }

  get receivedLogs(): readonly string[] {
    return this.#logs.received;
  }

  async next(): Promise<LineBatch | undefined> {
    await this.#lookIfDue();
    if (this.#lines.isEmpty) await letArrive();
    const { readBuffer } = this.#options;
    const taken = this.#lines.take(readBuffer);
    if (taken === undefined) return undefined;
    this.#tcp?.resume();
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
        connections: this.#tcp?.connections ?? 0,
        refusedConnections: this.#tcp?.refused ?? 0,
        ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      },
    ];
  }

  async close(): Promise<void> {
    await this.#udp?.close();
    await this.#tcp?.close();
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

  /** A message whose beginning is `head` is longer than any may be. */
  #passOver(head: Uint8Array): void {
    const header = this.#header;
    if (header.read(head, 0, head.length) !== undefined) {
      this.#countMalformed('too-long', 'TCP');
      return;
    }
    const log = this.#logs.indexOf(head, header.tagStart, header.tagEnd);
    this.#lines.addOverlong(log, head.length - header.textStart);
    this.#messages += 1;
    this.#wakeup.wake();
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
    await this.#udp?.lookAtDrops();
    this.#losses.dropped = this.#udp?.drops ?? 0;
    this.#losses.refused = this.#tcp?.refused ?? 0;
    this.#noticeLosses();
  }

  async #listen(): Promise<void> {
    const { address, notify } = this.#options;
    this.#trouble = undefined;
    for (const transport of [this.#udp, this.#tcp]) {
      if (transport === undefined || transport.isOpen) continue;
      try {
        await transport.open();
      } catch (error) {
        const name = transport === this.#udp ? 'UDP' : 'TCP';
        this.#notListening(notListeningNotice(address, name, error));
      }
    }
    if (this.#trouble === undefined && !this.#isListening) {
      this.#isListening = true;
      notify(listeningNotice(address, this.#udp?.receiveBufferBytes ?? 0));
    }
  }

  #fail(error: Error): void {
    const { address } = this.#options;
    this.#notListening(notListeningNotice(address, 'its socket', error));
    this.#wakeup.wake();
  }

  #notListening(notice: ReturnType<typeof notListeningNotice>): void {
    this.#isListening = false;
    this.#trouble = notice.message;
    this.#options.notify(notice);
  }

  #noticeLosses(): void {
    const { address, notify, connectionsMax = CONNECTIONS_MAX } = this.#options;
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
    if (now.refused > before.refused) {
      notify(refusedNotice(address, now.refused - before.refused, connectionsMax));
    }
    this.#noticed = { ...now };
  }
}
