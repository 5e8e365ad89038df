/**
 * What a reply to a write means, for InfluxDB 1.x, 2.x and 3.x and for VictoriaMetrics.
 *
 * The rule behind the table: points are given up only when the database itself has said that it will
 * never take them. Whatever a proxy, a wrong address or a missing right could have caused keeps
 * everything and asks for an operator.
 * Sources: https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint,
 * https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite,
 * https://docs.influxdata.com/influxdb3/core/api/v3/#operation/PostWriteLP
 */
import { parseRetryAfter } from '../backoff.ts';
import type { Reply } from './client.ts';
import type { InfluxAddress } from './address.ts';
import { safeText } from '../../text/safe-text.ts';
import type { SendOutcome } from '../target.ts';

export interface WriteContext {
  readonly flavour: InfluxAddress['flavour'];
  /** Bytes of the request's body as sent. */
  readonly bodyBytes: number;
  readonly nowMs: number;
}

/** A server that refuses a body for its size may reset the connection instead of saying 413. */
const LARGE_BODY_BYTES = 64 * 1024;
const REASON_BYTES_MAX = 300;

const RESETS = new Set(['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET']);
const CERTIFICATE = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/;
const TOO_OLD = /points? (?:beyond|outside) retention policy/;
/** 400 for a request that is wrong as a whole, whatever stands in the body. */
const MISCONFIGURED =
  /database is required|missing db|invalid precision|bucket .*required|org.*required/i;
/** 2.x and 3.x, once address, organisation, bucket and token have been found to be right. */
const NO_POINTS = /writing requires points|line protocol is empty|empty/i;
const OVERLOADED = /overloaded|throttled/;

export function judgeReply(reply: Reply, context: WriteContext): SendOutcome {
  if (reply.kind === 'failure') return judgeFailure(reply.code, context);
  const { status } = reply;
  const error = errorOf(reply.body);
  const reason = describe(status, error.message ?? reply.body);
  if (status < 300) return judgeSuccess(reply.contentType, reason);
  if (status < 400)
    return blocked(reason, 'INFLUX_URL (it must be the address after the redirect)');
  if (status === 400 || status === 422) return judgeRefusal(status, error, reason);
  if (status === 401 || status === 403) return blocked(reason, credentialsOf(context.flavour));
  if (status === 404) return blocked(reason, missingSetting(error.message, context.flavour));
  if (status === 413) return { kind: 'split', reason };
  if (status === 500 && /retention policy not found/.test(reply.body))
    return blocked(reason, 'INFLUX_DB (its default retention policy is missing)');
  if (status === 408 || status === 429 || status >= 500) {
    const afterMs = parseRetryAfter(reply.retryAfter, context.nowMs);
    return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return blocked(reason, 'INFLUX_URL');
}

/** What a question without points was answered: all is well, or what is to be looked at. */
export type ProbeOutcome = Extract<SendOutcome, { kind: 'written' | 'retry' | 'blocked' }>;

/** What the reply to a write without points means: that nothing was written is what was asked for. */
export function judgeProbe(reply: Reply, context: WriteContext): ProbeOutcome {
  if (reply.kind === 'reply' && reply.status === 400 && NO_POINTS.test(reply.body))
    return { kind: 'written' };
  const outcome = judgeReply(reply, context);
  if (outcome.kind === 'rejected' || outcome.kind === 'split')
    return blocked(outcome.reason, 'INFLUX_URL');
  return outcome;
}

function judgeFailure(code: string, { bodyBytes }: WriteContext): SendOutcome {
  if (RESETS.has(code) && bodyBytes > LARGE_BODY_BYTES)
    return { kind: 'split', reason: `the connection was reset (${code})` };
  if (CERTIFICATE.test(code))
    return blocked(`the certificate was refused (${code})`, 'INFLUX_URL or NODE_EXTRA_CA_CERTS');
  return { kind: 'retry', reason: `no reply (${safeText(code, REASON_BYTES_MAX)})` };
}

/** A login page with status 200 must not pass for an acknowledgement. */
function judgeSuccess(contentType: string, reason: string): SendOutcome {
  if (!/^text\/html/i.test(contentType)) return { kind: 'written' };
  return blocked(`${reason.slice(0, 3)} with a web page: not a database`, 'INFLUX_URL');
}

function judgeRefusal(status: number, error: DatabaseError, reason: string): SendOutcome {
  const { message } = error;
  // Not a reply of the database but of something in front of it: nothing may be given up for it.
  if (message === undefined) return blocked(reason, 'INFLUX_URL');
  if (OVERLOADED.test(message)) return { kind: 'retry', reason };
  if (status === 400 && MISCONFIGURED.test(message))
    return blocked(reason, 'INFLUX_DB, INFLUX_ORG or INFLUX_BUCKET');
  const dropped = /dropped[= ](\d+)/.exec(message)?.[1];
  // `dropped=0` stands beside lines that could not be parsed, which are not counted in it.
  const points = dropped === undefined || dropped === '0' ? undefined : Number(dropped);
  return {
    kind: 'rejected',
    reason,
    isRestWritten: /partial write/.test(message) || TOO_OLD.test(message),
    pointNumbers: error.lineNumbers,
    isTooOld: TOO_OLD.test(message),
    ...(points === undefined ? {} : { points }),
  };
}

function credentialsOf(flavour: InfluxAddress['flavour']): string {
  return flavour === 'v1' ? 'INFLUX_USER and INFLUX_PASSWORD' : 'INFLUX_TOKEN';
}

function missingSetting(message: string | undefined, flavour: InfluxAddress['flavour']): string {
  if (message === undefined) return 'INFLUX_URL and INFLUX_VERSION (there is no such endpoint)';
  if (/\borg/i.test(message)) return 'INFLUX_ORG';
  if (flavour === 'v2') return 'INFLUX_BUCKET (it must exist)';
  return 'INFLUX_DB (it must exist)';
}

function blocked(reason: string, remedy: string): Extract<SendOutcome, { kind: 'blocked' }> {
  return { kind: 'blocked', reason, remedy };
}

function describe(status: number, text: string): string {
  return safeText(`${status} ${text.trim()}`.trim(), REASON_BYTES_MAX);
}

interface DatabaseError {
  /** Undefined for a reply that is not InfluxDB's JSON. */
  readonly message: string | undefined;
  readonly lineNumbers: readonly number[];
}

/** 1.x: `{"error"}`, 2.x: `{"code","message"}`, 3.x: `{"error","data":[{"line_number",…}]}`. */
function errorOf(body: string): DatabaseError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { message: undefined, lineNumbers: [] };
  }
  const message = textAt(parsed, 'message') ?? textAt(parsed, 'error');
  const data = valueAt(parsed, 'data');
  const rows: unknown[] = Array.isArray(data) ? data : [data];
  const first = rows.map((row) => textAt(row, 'error_message')).find((text) => text !== undefined);
  return {
    message: first === undefined ? message : `${message ?? ''}: ${first}`,
    lineNumbers: rows
      .map((row) => valueAt(row, 'line_number'))
      .filter((n): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n > 0),
  };
}

function valueAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textAt(value: unknown, name: string): string | undefined {
  const text = valueAt(value, name);
  return typeof text === 'string' ? text : undefined;
}
