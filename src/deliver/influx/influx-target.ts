import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Clock } from '../../clock.ts';
import type { Notify } from '../../notice/notice.ts';
import { LineProtocol } from '../line-protocol/line-protocol.ts';
import type { ProbeOutcome, RejectedOutcome, SendOutcome, Target } from '../target.ts';
import { credentialOf, type InfluxAddress, shownUrl, withoutSecrets } from './address.ts';
import { InfluxClient, type Reply } from './client.ts';
import { probeBy } from './probe.ts';
import { isCompressionSuspect, judgeReply } from './verdict.ts';

const gunzipAsync = promisify(gunzip);

const TEXT_BYTES_MAX = 8 * 1024 * 1024;
/** Once may be chance: a server that came back between the two requests. */
const PLAIN_WINS = 2;
/** A credential in a file is looked at again when a request is due, and this has passed. */
const REFRESH_MS = 10_000;
/** So much of a quoted line tells whether it is one of ours. */
const QUOTE_CHARACTERS = 60;

export interface InfluxTargetOptions {
  readonly address: InfluxAddress;
  readonly clock: Clock;
  readonly notify: Notify;
  /** For tests. */
  readonly connectTimeoutMs?: number;
  readonly replyTimeoutMs?: number;
}

/**
 * InfluxDB 1, 2 and 3, and what speaks its write API: line protocol over HTTP.
 *
 * Requests are compressed. Where one is refused in a way that compression may be the cause of, the
 * same points are sent once more without; if those are understood, it stays that way.
 */
export class InfluxTarget extends LineProtocol implements Target {
  readonly name = 'InfluxDB';
  readonly address: string;
  readonly #options: InfluxTargetOptions;
  readonly #client: InfluxClient;
  #isCompressed = true;
  /** Something of a request was taken. */
  #hasTaken = false;
  #hasTriedPlain = false;
  /** How often in a row a request was taken without compression that was refused with it. */
  #plainWins = 0;
  #refreshedMs: number;

  constructor(options: InfluxTargetOptions) {
    super();
    this.#options = options;
    this.address = shownUrl(options.address);
    this.#client = new InfluxClient(options);
    this.#refreshedMs = options.clock.monotonicMs();
  }

  async send(payload: Uint8Array, signal: AbortSignal): Promise<SendOutcome> {
    await this.#refresh();
    if (!this.#isCompressed) return this.#sendPlain(payload, signal);
    const reply = await this.#client.send(payload, signal);
    const outcome = await this.#judge(reply, payload, payload.length);
    if (outcome.kind === 'written') this.#plainWins = 0;
    if (signal.aborted || !this.#isSuspect(reply, outcome)) return outcome;
    this.#hasTriedPlain = true;
    const plain = await this.#sendPlain(payload, signal);
    // What is refused either way is not refused for its compression.
    const isBetter = plain.kind === 'written' || plain.kind === 'rejected';
    if (!isBetter || (outcome.kind === 'rejected' && plain.kind === 'rejected')) return outcome;
    this.#plainWins++;
    if (this.#plainWins >= PLAIN_WINS && 'reason' in outcome) this.#stopCompressing(outcome.reason);
    return plain;
  }

  probe(signal: AbortSignal): Promise<ProbeOutcome> {
    const { address, clock } = this.#options;
    return probeBy(this.#client, address, clock, signal);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #sendPlain(payload: Uint8Array, signal: AbortSignal): Promise<SendOutcome> {
    const text = await gunzipAsync(payload, { maxOutputLength: TEXT_BYTES_MAX });
    const reply = await this.#client.send(text, signal, { isCompressed: false });
    return this.#judge(reply, payload, text.length);
  }

  /** Takes up a password or token that was changed in its file. */
  async #refresh(): Promise<void> {
    const { address, clock, notify } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#refreshedMs < REFRESH_MS) return;
    this.#refreshedMs = nowMs;
    const result = await credentialOf(address)?.refresh();
    if (result === 'changed') {
      const message = 'The password or token has changed in its file and is used from now on.';
      notify({ code: 'credentials-changed', subject: this.address, message });
    } else if (result === 'unusable') {
      const message =
        'The file of the password or token cannot be read, is empty, or holds more than one line. ' +
        'What was read before stays in use.';
      notify({ code: 'credentials-unusable', subject: this.address, message });
    }
  }

  #stopCompressing(reason: string): void {
    this.#isCompressed = false;
    this.#options.notify({
      code: 'write-uncompressed',
      subject: this.address,
      message:
        `Points are not understood when they are compressed: ${reason}. From now on they are sent ` +
        'without compression. Look at what stands between the meter and the database: it takes ' +
        'the header Content-Encoding away.',
    });
  }

  /** As long as nothing has been taken, a line that cannot be parsed may be one that was not unpacked. */
  #isSuspect(reply: Reply, outcome: SendOutcome): boolean {
    if (outcome.kind !== 'rejected') return isCompressionSuspect(reply, outcome);
    const isUnproven = outcome.cause === 'unparsable' && !outcome.isRestWritten;
    return isUnproven && !this.#hasTaken && !this.#hasTriedPlain;
  }

  async #judge(reply: Reply, payload: Uint8Array, bodyBytes: number): Promise<SendOutcome> {
    const { address, clock } = this.#options;
    const outcome = judgeReply(reply, {
      flavour: address.flavour,
      bodyBytes,
      nowMs: clock.now(),
    });
    this.#hasTaken ||=
      outcome.kind === 'written' || (outcome.kind === 'rejected' && outcome.isRestWritten);
    const judged =
      outcome.kind === 'rejected' && !(await isOurs(outcome, payload))
        ? notOurs(outcome.reason)
        : outcome;
    // A page that says what was asked for must not carry a secret into our messages.
    if (!('reason' in judged)) return judged;
    return { ...judged, reason: withoutSecrets(judged.reason, address) };
  }
}

function notOurs(reason: string): SendOutcome {
  return {
    kind: 'blocked',
    reason: `${reason}, which is not what was sent`,
    remedy: 'INFLUX_URL, and at what stands in between',
  };
}

/** A line that cannot be parsed is quoted. One that was never sent says that the body was not understood. */
async function isOurs({ cause, reason }: RejectedOutcome, payload: Uint8Array): Promise<boolean> {
  const quote =
    cause === 'unparsable' ? /unable to parse '(.{1,60})/su.exec(reason)?.[1] : undefined;
  if (quote === undefined) return true;
  const line = quote.replace(/': .*$/su, '').slice(0, QUOTE_CHARACTERS);
  const text = await gunzipAsync(payload, { maxOutputLength: TEXT_BYTES_MAX });
  return text.includes(line);
}
