import type { Clock } from '../../clock.ts';
import { LineProtocol } from '../line-protocol/line-protocol.ts';
import type { SendOutcome, Target } from '../target.ts';
import { type InfluxAddress, shownUrl } from './address.ts';
import { InfluxClient } from './client.ts';
import { judgeReply } from './verdict.ts';

export interface InfluxTargetOptions {
  readonly address: InfluxAddress;
  readonly clock: Clock;
  /** For tests. */
  readonly connectTimeoutMs?: number;
  readonly replyTimeoutMs?: number;
}

/** InfluxDB 1, 2 and 3, and what speaks its write API: line protocol over HTTP. */
export class InfluxTarget extends LineProtocol implements Target {
  readonly name = 'InfluxDB';
  readonly address: string;
  readonly #address: InfluxAddress;
  readonly #client: InfluxClient;
  readonly #clock: Clock;

  constructor(options: InfluxTargetOptions) {
    super();
    this.#address = options.address;
    this.address = shownUrl(options.address);
    this.#client = new InfluxClient(options);
    this.#clock = options.clock;
  }

  async send(payload: Uint8Array, signal: AbortSignal): Promise<SendOutcome> {
    const reply = await this.#client.send(payload, signal);
    return judgeReply(reply, {
      flavour: this.#address.flavour,
      bodyBytes: payload.length,
      nowMs: this.#clock.now(),
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
