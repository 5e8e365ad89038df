/**
 * Receives syslog over UDP, one message per datagram. It owns the socket.
 *
 * What can be lost: whatever the network or the system drops. UDP has no acknowledgement, and when the
 * receive buffer is full the system drops what comes; `drops` is how often, where it tells. Nothing is
 * ever sent.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { findUdpSocket, udpDrops } from './udp-drops.ts';

export interface SyslogUdpOptions {
  readonly host: string;
  readonly port: number;
  /** Asked of the system, which gives at most net.core.rmem_max. */
  readonly receiveBufferBytes: number;
  readonly receive: (datagram: Uint8Array, from: string) => void;
  /** The socket failed and is closed. */
  readonly onFailure: (error: Error) => void;
}

export class SyslogUdp {
  readonly #options: SyslogUdpOptions;
  #socket: Socket | undefined;
  #inode: string | undefined;
  /** Of this socket at the last look, and of those before it. */
  #drops = 0;
  #dropsBefore = 0;

  constructor(options: SyslogUdpOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  get port(): number | undefined {
    return this.#socket?.address().port;
  }

  /** What the system gave of `receiveBufferBytes`. */
  get receiveBufferBytes(): number {
    return this.#socket?.getRecvBufferSize() ?? 0;
  }

  /** Datagrams dropped by the system since the start. */
  get drops(): number {
    return this.#dropsBefore + this.#drops;
  }

  /** Rejects when the address cannot be listened at. */
  async open(): Promise<void> {
    const { host, port, receive, onFailure, receiveBufferBytes } = this.#options;
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    socket.on('error', (error) => {
      this.#release();
      onFailure(error);
    });
    try {
      socket.setRecvBufferSize(receiveBufferBytes);
    } catch {
      // The system's own size will have to do.
    }
    socket.on('message', (datagram, { address }) => receive(datagram, address));
    this.#socket = socket;
    this.#inode = await findUdpSocket(socket.address().port);
  }

  /** Asks the system how many datagrams it has dropped. */
  async lookAtDrops(): Promise<void> {
    if (this.#inode === undefined) return;
    this.#drops = (await udpDrops(this.#inode)) ?? this.#drops;
  }

  async close(): Promise<void> {
    this.#release();
  }

  #release(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#inode = undefined;
    this.#dropsBefore += this.#drops;
    this.#drops = 0;
  }
}
