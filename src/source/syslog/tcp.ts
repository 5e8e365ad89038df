/**
 * Receives syslog over TCP. It owns the server and its connections: at most `connectionsMax`, each with
 * at most one message and one chunk of bytes, and closed after `idleMs` without a byte.
 *
 * A connection whose message finds no room is paused, so that its sender waits; it goes on with
 * `resume()`. Nothing is ever sent.
 *
 * What can be lost: a message that was cut off by the end of its connection, and everything that was
 * acknowledged by the system and not read yet when the process is killed.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type FramingOutcome, type Offer, SyslogFraming } from './framing.ts';
import type { MalformedReason } from './header.ts';

export interface SyslogTcpOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  readonly idleMs: number;
  readonly messageBytesMax: number;
  readonly offer: Offer;
  readonly onTooLong: (head: Uint8Array) => void;
  readonly onMalformed: (reason: MalformedReason, from: string) => void;
  /** The server failed and is closed. */
  readonly onFailure: (error: Error) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly framing: SyslogFraming;
  readonly from: string;
  isPaused: boolean;
}

export class SyslogTcp {
  readonly #options: SyslogTcpOptions;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  /** Connections that were one too many, since the start. */
  refused = 0;

  constructor(options: SyslogTcpOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Rejects when the address cannot be listened at. */
  async open(): Promise<void> {
    const { host, port, connectionsMax, onFailure } = this.#options;
    const server = createServer((socket) => this.#accept(socket));
    server.maxConnections = connectionsMax;
    server.on('drop', () => {
      this.refused += 1;
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => {
      this.#release();
      onFailure(error);
    });
    this.#server = server;
  }

  /** There is room again: paused connections go on. */
  resume(): void {
    for (const connection of this.#connections) {
      if (connection.isPaused) this.#settle(connection, connection.framing.resume());
    }
  }

  async close(): Promise<void> {
    this.#release();
  }

  #release(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const { socket } of this.#connections) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { messageBytesMax, offer, onTooLong, onMalformed, idleMs } = this.#options;
    const framing = new SyslogFraming(messageBytesMax, offer, onTooLong);
    const from = socket.remoteAddress ?? 'a closed connection';
    const connection: Connection = { socket, framing, from, isPaused: false };
    this.#connections.add(connection);
    socket.setTimeout(idleMs, () => {
      if (!connection.isPaused) socket.destroy();
    });
    socket.on('data', (chunk: Uint8Array) => this.#settle(connection, framing.add(chunk)));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#connections.delete(connection);
      if (framing.heldBytes > 0) onMalformed('cut-off', from);
    });
  }

  #settle(connection: Connection, outcome: FramingOutcome): void {
    const { socket, from } = connection;
    connection.isPaused = outcome === 'full';
    if (outcome === 'full') {
      socket.pause();
    } else if (outcome === 'lost') {
      this.#options.onMalformed('too-long', from);
      socket.destroy();
    } else {
      socket.resume();
    }
  }
}
