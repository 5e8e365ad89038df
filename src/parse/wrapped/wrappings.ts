/**
 * What log collectors put around nginx's lines, and how it is taken off:
 *
 * - Docker's json-file: `{"log":"…\n","stream":"stdout","time":"…"}`
 * - CRI, as containerd, CRI-O and Podman write: `2026-11-30T10:00:00.413656027Z stdout F …`, P for a part
 * - `kubectl logs --timestamps --prefix`, `docker logs -t`: `[pod/web-0/nginx] 2026-…Z …`
 * - `docker compose logs`: `web-1  | …`
 * - rsyslog, journald and syslog: `Nov 30 10:00:00 host nginx[12]: …`, with a time of ISO 8601, with `<190>`
 *
 * Sources: docs.docker.com (JSON File logging driver), kubernetes/design-proposals (kubelet-cri-logging),
 * rsyslog's templates RSYSLOG_TraditionalFileFormat and RSYSLOG_FileFormat, journalctl(1), RFC 3164, RFC 5424.
 */
import { Unescaper } from '../../text/unescaper.ts';

/** Where the text of a line stands after unwrapping, and whether it goes on in the next line. */
export interface Unwrapped {
  start: number;
  isPart: boolean;
  /** Streams are put together apart. */
  stream: number;
}

export interface Wrapping {
  readonly name: string;
  /**
   * Takes the wrapping off the line `[start, end)`, whose text then ends where the line did; false
   * when the line has none.
   */
  unwrap(bytes: Uint8Array, start: number, end: number, into: Unwrapped): boolean;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const HYPHEN = 0x2d;
const ANGLE = 0x3c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const BAR = 0x7c;
const HEAD_BYTES_MAX = 320;
/** The name of a service and its number, padded. */
const COMPOSE_BYTES_MAX = 80;
const LETTER_P = 0x50;
const LETTER_E = 0x65;

const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)`;
/** Of nanoseconds: no time of nginx has so many decimals. */
const ISO_EXACT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{4,9}(?:Z|[+-]\d\d:\d\d)`;
const TRADITIONAL = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?`;
const TAG = String.raw`[\w./-]{1,48}(?:\[\d+\])?:`;

const CRI =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) std(out|err) ([FP])(?::\w+)* /u;
const SYSLOG = new RegExp(
  String.raw`^(?:<\d{1,3}>)?(?:${TRADITIONAL}|${ISO}) [\w.:-]{1,255} ${TAG} `,
  'u',
);
const RFC5424 = new RegExp(
  String.raw`^<\d{1,3}>1 (?:${ISO}|-) \S{1,255} \S{1,48} \S{1,128} \S{1,32} (?:-|\[[^\]]*\]) (?:\ufeff)?`,
  'u',
);
const KUBECTL = new RegExp(String.raw`^\[pod/[\w.-]+/[\w.-]+\] (?:${ISO_EXACT} )?`, 'u');
const STAMPED = new RegExp(String.raw`^${ISO_EXACT} `, 'u');
const COMPOSE = new RegExp(String.raw`^[\w.-]*[A-Za-z][\w.-]*[-_]\d+ +\| (?:${ISO_EXACT} )?`, 'u');

const decoder = new TextDecoder('latin1');

function headOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, Math.min(end, start + HEAD_BYTES_MAX)));
}

/** A wrapping that is a prefix alone. */
function prefix(name: string, pattern: RegExp): Wrapping {
  return {
    name,
    unwrap: (bytes, start, end, into) => {
      const length = pattern.exec(headOf(bytes, start, end))?.[0].length ?? 0;
      into.start = start + length;
      into.isPart = false;
      into.stream = 0;
      return length > 0;
    },
  };
}

const cri: Wrapping = {
  name: 'CRI',
  unwrap: (bytes, start, end, into) => {
    const found = CRI.exec(headOf(bytes, start, end));
    if (found === null) return false;
    into.start = start + found[0].length;
    into.stream = found[1]?.charCodeAt(0) ?? 0;
    into.isPart = found[2]?.charCodeAt(0) === LETTER_P;
    return true;
  },
};

const LOG = Buffer.from('{"log":"');
const POD = Buffer.from('[pod/');
const STREAM = Buffer.from('","stream":"std');
/** Docker cuts lines at 16 KiB, which its escapes make six times as long at most. */
const unescaper = new Unescaper(6 * 16 * 1024);

const docker: Wrapping = {
  name: 'json-file',
  unwrap: (bytes, start, end, into) => {
    if (!isAt(bytes, start, end, LOG)) return false;
    const text = start + LOG.length;
    let close = bytes.indexOf(QUOTE, text);
    while (close >= 0 && close < end && isEscaped(bytes, text, close)) {
      close = bytes.indexOf(QUOTE, close + 1);
    }
    if (close < 0 || !isAt(bytes, close, end, STREAM)) return false;
    into.stream = bytes[close + STREAM.length] === LETTER_E ? LETTER_E : 0;
    let length = close - text;
    const isUnescaped = unescaper.read(bytes, text, close);
    const from = isUnescaped ? unescaper.bytes : bytes.slice(text, close);
    if (isUnescaped) ({ length } = unescaper);
    into.isPart = length === 0 || from[length - 1] !== LF;
    if (!into.isPart) length--;
    for (let i = 0; i < length; i++) if (from[i] === LF) from[i] = SPACE;
    into.start = end - length;
    bytes.set(from.subarray(0, length), into.start);
    return true;
  },
};

function isAt(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): boolean {
  if (at + wanted.length > end) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

function isEscaped(bytes: Uint8Array, start: number, at: number): boolean {
  let p = at;
  while (p > start && bytes[p - 1] === BACKSLASH) p--;
  return (at - p) % 2 === 1;
}

const WRAPPINGS: readonly Wrapping[] = [
  docker,
  cri,
  prefix('syslog', RFC5424),
  prefix('syslog', SYSLOG),
  prefix('kubectl', KUBECTL),
  prefix('time stamps', STAMPED),
  prefix('docker compose', COMPOSE),
];

/** The wrapping that the line `[start, end)` has, as far as its head tells; leaves the bytes alone. */
export function wrappingOf(bytes: Uint8Array, start: number, end: number): Wrapping | undefined {
  if (!mayBeWrapped(bytes, start, end)) return undefined;
  const line = bytes.slice(start, end);
  const into = { start: 0, isPart: false, stream: 0 };
  return WRAPPINGS.find((wrapping) => wrapping.unwrap(line, 0, line.length, into));
}

/** By a few bytes, because every batch of every log is asked. */
function mayBeWrapped(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] ?? 0;
  if (first === BRACE) return isAt(bytes, start, end, LOG);
  if (first === BRACKET) return isAt(bytes, start, end, POD);
  if (first === ANGLE) return true;
  const isDigit = first >= 0x30 && first <= 0x39;
  if (isDigit && bytes[start + 4] === HYPHEN) return true;
  if (bytes[start + 3] === SPACE) return true; // Nov 30
  const bar = bytes.subarray(start, Math.min(end, start + COMPOSE_BYTES_MAX)).indexOf(BAR);
  return bar > 0 && bytes[start + bar - 1] === SPACE;
}
