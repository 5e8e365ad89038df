/**
 * What a reply to a write means, for InfluxDB 1.x, 2.x and 3.x and for VictoriaMetrics.
 *
 * The rule behind the table: points are given up only when the database itself has said that it will
 * never take them, in its own words and in its own form. Whatever a proxy, a wrong address or a
 * missing right could have caused keeps everything and asks for an operator.
 * Sources: https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint,
 * https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite,
 * https://docs.influxdata.com/influxdb3/core/api/v3/#operation/PostWriteLP
 */
import { safeText } from '../../text/safe-text.ts';
import { parseRetryAfter } from '../backoff.ts';
import type { ProbeOutcome, RejectedOutcome, RejectionCause, SendOutcome } from '../target.ts';
import type { InfluxAddress } from './address.ts';
import type { HttpReply, Reply } from './client.ts';
import { type DatabaseError, errorOf } from './database-error.ts';
import { NO_SETTING, settingOf } from './setting-of.ts';

export interface WriteContext {
  readonly flavour: InfluxAddress['flavour'];
  /** Bytes of the request's body as sent. */
  readonly bodyBytes: number;
  readonly nowMs: number;
}

/** A server that refuses a body for its size may reset the connection instead of saying 413. */
const LARGE_BODY_BYTES = 64 * 1024;
const REASON_BYTES_MAX = 300;
const SERVER_BYTES_MAX = 80;

const RESETS = new Set(['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET']);
const CERTIFICATE = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/;
/** The first bytes of the reply are not those of TLS. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;
/** A header that no request can carry. */
const UNSENDABLE = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_CHAR']);
/** 2.x puts `failure writing points to database: ` in front, 2.0.0 to 2.0.3 `unexpected error …`. */
const BEFORE = '^(?:[a-z ]{1,60}points to database: )?';
const VERDICT = new RegExp(
  `${BEFORE}(?:partial write|unable to parse|parsing failed for write_lp endpoint)`,
);
const UNPARSABLE = new RegExp(`${BEFORE}(?:partial write: )?(?:unable to parse|parsing failed)`);
const REST_WRITTEN = new RegExp(`${BEFORE}partial write`);
const OVERLOADED = /overloaded|throttled/;

export function judgeReply(reply: Reply, context: WriteContext): SendOutcome {
  if (reply.kind === 'failure') return judgeFailure(reply.code, context);
  const { status } = reply;
  const error = errorOf(reply);
  if (isVerdict(status, error)) return judgeRefusal(error, describe(status, error.message ?? ''));
  const reason = reasonOf(reply, error);
  if (status < 300) {
    const isAcknowledged = status === 204 || reply.influxVersion !== undefined;
    return isAcknowledged
      ? { kind: 'written' }
      : blocked(`${reason}, which is no acknowledgement`, 'INFLUX_URL');
  }
  if (status < 400)
    return blocked(reason, 'INFLUX_URL (it must be the address after the redirect)');
  if (status === 413) return { kind: 'split', reason };
  const isOverloaded = OVERLOADED.test(error.message ?? '');
  const isPassing = status === 408 || status === 429 || status >= 500 || isOverloaded;
  const isMissing = status >= 500 && /retention policy not found/.test(error.message ?? '');
  if (!isPassing || isMissing) return blocked(reason, settingOf(status, error, context.flavour));
  const afterMs = parseRetryAfter(reply.retryAfter, context.nowMs);
  return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

/**
 * Whether the reply may come from a body that was not understood as it was sent: something on the way
 * takes `Content-Encoding` away, or cannot do with it.
 */
export function isCompressionSuspect(reply: Reply, outcome: SendOutcome): boolean {
  if (reply.kind === 'failure') return false;
  if (reply.status === 500 && /internal error/i.test(reply.body)) return true;
  return outcome.kind === 'blocked' && [400, 411, 415, 422].includes(reply.status);
}

/**
 * What the reply to a write without points means: that nothing was written is what was asked for. A
 * database that complains of it, and of no setting, has found address and rights to be in order.
 */
export function judgeProbe(reply: Reply, context: WriteContext): ProbeOutcome {
  const outcome = judgeReply(reply, context);
  if (outcome.kind === 'written' || outcome.kind === 'retry') return outcome;
  if (reply.kind === 'failure') return blocked(outcome.reason, 'INFLUX_URL');
  const error = errorOf(reply);
  const remedy = settingOf(reply.status, error, context.flavour);
  const isComplaint = reply.status === 400 && error.isInflux && remedy === NO_SETTING;
  return isComplaint ? { kind: 'written' } : blocked(outcome.reason, remedy);
}

function judgeFailure(code: string, { bodyBytes, flavour }: WriteContext): SendOutcome {
  if (RESETS.has(code) && bodyBytes > LARGE_BODY_BYTES)
    return { kind: 'split', reason: `the connection was reset (${code})` };
  if (NO_TLS.test(code)) {
    const reason = `the server at that port speaks no TLS (${code})`;
    return blocked(reason, 'INFLUX_URL (http:// in place of https://, or another port)');
  }
  if (CERTIFICATE.test(code))
    return blocked(`the certificate was refused (${code})`, 'INFLUX_URL or NODE_EXTRA_CA_CERTS');
  if (UNSENDABLE.has(code)) {
    const reason = `the credentials cannot be sent in a header (${code})`;
    return blocked(reason, settingOf(401, { message: undefined }, flavour));
  }
  return { kind: 'retry', reason: `no reply (${safeText(code, REASON_BYTES_MAX)})` };
}

/** In the database's own words, and in its own form. */
function isVerdict(status: number, error: DatabaseError): boolean {
  if (!error.isInflux || error.message === undefined || !VERDICT.test(error.message)) return false;
  return status === 400 || status === 422 || (status === 500 && REST_WRITTEN.test(error.message));
}

function judgeRefusal({ message = '', lineNumbers }: DatabaseError, reason: string): SendOutcome {
  const counts = countsOf(message);
  return {
    kind: 'rejected',
    reason,
    isRestWritten: REST_WRITTEN.test(message),
    pointNumbers: lineNumbers,
    ...counts,
  };
}

type Counts = Pick<RejectedOutcome, 'cause' | 'points' | 'outsideWindow'>;

/** How many points were dropped and why. The last `dropped=` is the sum; quoted lines stand before it. */
function countsOf(message: string): Counts {
  // What follows is the text of a line, in which anything may stand.
  if (UNPARSABLE.test(message)) return { cause: 'unparsable' };
  const sum = [...message.matchAll(/dropped=(\d{1,9})/g)].at(-1)?.[1];
  const retention = /(?:dropped (\d{1,9}) )?points? (?:beyond|outside) retention policy/.exec(
    message,
  );
  const outside = /(\d{1,9}) points? outside write window/.exec(message)?.[1];
  const outsideWindow = outside === undefined ? 0 : Number(outside);
  if (retention !== null || outsideWindow > 0) {
    const points = Number(sum ?? Number(retention?.[1] ?? 0) + outsideWindow);
    return { cause: 'age', outsideWindow, ...(points > 0 ? { points } : {}) };
  }
  // `dropped=0` stands beside points that are not counted in it.
  const points = sum === undefined || Number(sum) === 0 ? {} : { points: Number(sum) };
  return { cause: causeOf(message), ...points };
}

function causeOf(message: string): RejectionCause {
  if (message.includes('field type conflict')) return 'conflict';
  return message.includes('limit exceeded') ? 'limit' : 'other';
}

/** What was said, and by whom unless it was the database. */
function reasonOf(reply: HttpReply, error: DatabaseError): string {
  const isPage =
    /^text\/html/i.test(reply.contentType) || /^\s*<(?:!doctype|html)/i.test(reply.body);
  const said = describe(reply.status, isPage ? 'with a web page' : (error.message ?? reply.body));
  if (error.isInflux) return said;
  const server = safeText(reply.server ?? '', SERVER_BYTES_MAX);
  const status = reply.status >= 500 || reply.status === 429 || reply.status === 408;
  if (status && server === '') return said;
  return `${said} (answered by ${server === '' ? 'a server that does not give its name' : server}, not as InfluxDB answers)`;
}

function blocked(reason: string, remedy: string): Extract<SendOutcome, { kind: 'blocked' }> {
  return { kind: 'blocked', reason, remedy };
}

function describe(status: number, text: string): string {
  return safeText(`${status} ${text.trim()}`.trim(), REASON_BYTES_MAX);
}
