/**
 * What a stranger may take of the status port: so many connections, requests at once on one of them,
 * and time. A connection that asks for more, or does not read its answers, is cut off.
 */
import type { Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';

const CONNECTIONS_MAX = 32;
/** Answers that are being made or wait to be read. A scraper asks for one at a time. */
const ANSWERS_MAX = 4;
const REQUESTS_MAX = 1000;
const IDLE_MS = 10_000;

export const SERVER_OPTIONS: ServerOptions = {
  requestTimeout: 10_000,
  headersTimeout: 5000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 8192,
};

export function boundServer(server: Server): void {
  server.maxConnections = CONNECTIONS_MAX;
  server.maxRequestsPerSocket = REQUESTS_MAX;
  // Without a byte in either direction, an answer that nobody reads included.
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
}

export class ConnectionBounds {
  readonly #answers = new WeakMap<Socket, number>();

  /** False when the connection is cut off, because too many of its answers are unread. */
  admit(socket: Socket, response: NodeJS.EventEmitter): boolean {
    const answers = (this.#answers.get(socket) ?? 0) + 1;
    this.#answers.set(socket, answers);
    if (answers > ANSWERS_MAX) socket.destroy();
    if (socket.destroyed) return false;
    response.once('close', () => {
      this.#answers.set(socket, (this.#answers.get(socket) ?? 1) - 1);
    });
    return true;
  }
}
