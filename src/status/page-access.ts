import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Secret } from '../config/secret.ts';

/**
 * Who may see the page and the summary: whoever asks from this machine, and others with the password or
 * where the operator has opened the page. The page shows addresses and URLs of clients; /healthz, /readyz
 * and /metrics do not come by here.
 */
export interface PageAccessOptions {
  /** Without a password: `loopback` is this machine alone, `open` everybody. */
  readonly mode: 'loopback' | 'open';
  /** Asked of everybody, loopback included, because a proxy may stand there. */
  readonly password: Secret | undefined;
  /** Names of this meter besides addresses and localhost, in lower case. */
  readonly names: readonly string[];
  readonly monotonicMs: () => number;
}

export interface Visit {
  /** Address of the other end of the connection. */
  readonly peer: string | undefined;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** A proxy says that it asks for somebody else. */
  readonly isForwarded: boolean;
}

/** Why a visit ends at the door; the text is a sentence with the remedy. */
export interface Refused {
  readonly status: 401 | 403 | 421 | 429;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** So many wrong passwords are free, each further one doubles the pause of its address. */
const FREE_FAILURES = 5;
const PAUSE_MS = 1000;
const PAUSE_MAX_MS = 60_000;
/** Addresses whose failures are remembered; the one that failed longest ago is forgotten first. */
const ADDRESSES_MAX = 1000;

interface Failures {
  readonly count: number;
  /** Until then no password of this address is looked at. */
  readonly pausedUntilMs: number;
}

export class PageAccess {
  readonly #options: PageAccessOptions;
  readonly #failures = new Map<string, Failures>();

  constructor(options: PageAccessOptions) {
    this.#options = options;
  }

  /** Undefined: welcome. */
  refusal(visit: Visit): Refused | undefined {
    const { mode, password, names } = this.#options;
    if (!isOwnHost(visit.host, names)) return refused(421, FOREIGN_HOST);
    if (password !== undefined) return this.#checkPassword(visit, password.reveal());
    if (mode === 'open' || (isLoopback(visit.peer) && !visit.isForwarded)) return undefined;
    return refused(403, NOT_LOOPBACK);
  }

  #checkPassword({ peer, authorization }: Visit, password: string): Refused | undefined {
    const given = passwordOf(authorization);
    if (given === undefined) return refused(401, NEEDS_PASSWORD, CHALLENGE);
    const address = networkOf(peer);
    const nowMs = this.#options.monotonicMs();
    const failures = this.#failures.get(address) ?? { count: 0, pausedUntilMs: nowMs };
    if (nowMs < failures.pausedUntilMs) {
      const seconds = Math.ceil((failures.pausedUntilMs - nowMs) / 1000);
      const text = `Too many wrong passwords from this address: try again in ${seconds} s.`;
      return refused(429, text, { 'Retry-After': String(seconds) });
    }
    // Digests have one length whatever was sent, so the time says nothing about the password.
    if (timingSafeEqual(digest(given), digest(password))) {
      this.#failures.delete(address);
      return undefined;
    }
    this.#remember(address, failures.count + 1, nowMs);
    return refused(401, WRONG_PASSWORD, CHALLENGE);
  }

  #remember(address: string, count: number, nowMs: number): void {
    const doublings = count - FREE_FAILURES;
    const pauseMs = doublings < 0 ? 0 : Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** doublings);
    this.#failures.delete(address);
    this.#failures.set(address, { count, pausedUntilMs: nowMs + pauseMs });
    if (this.#failures.size <= ADDRESSES_MAX) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }
}

const FOREIGN_HOST =
  'This meter does not know the name in the address. Ask for its IP address, localhost or its host name, ' +
  'or add the name to PAGE_HOSTS.';
const NOT_LOOPBACK =
  'The page is shown on the machine of the meter alone. From elsewhere: set PAGE_PASSWORD or ' +
  'PAGE_PASSWORD_FILE, or PAGE=open where only people you trust can reach this port, or forward the port ' +
  '(kubectl port-forward, ssh -L). /healthz, /readyz and /metrics are there.';
const NEEDS_PASSWORD = 'The page needs the password of PAGE_PASSWORD; any user name will do.';
const WRONG_PASSWORD = 'That is not the password of PAGE_PASSWORD.';
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="nginx-meter", charset="UTF-8"' };

function refused(
  status: Refused['status'],
  text: string,
  headers: Refused['headers'] = {},
): Refused {
  return { status, text, headers };
}

/**
 * A page from elsewhere may send a browser here by a name that it has made lead to this address, and
 * would then read the answers. It cannot do so with an address, nor with a name that is ours.
 */
function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  return name !== '' && (isIP(name) !== 0 || name === 'localhost' || names.includes(name));
}

function isLoopback(peer: string | undefined): boolean {
  const address = peer?.replace(/^::ffff:/i, '') ?? '';
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Whoever has an address of IPv6 mostly has the /64 around it. */
function networkOf(peer = ''): string {
  return peer.includes('.') ? peer : peer.split(':').slice(0, 4).join(':');
}

function passwordOf(authorization: string | undefined): string | undefined {
  const encoded = /^basic ([a-z0-9+/]+=*)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : text.slice(colon + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
