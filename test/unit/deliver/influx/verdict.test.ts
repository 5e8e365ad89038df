import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reply } from '../../../../src/deliver/influx/client.ts';
import { judgeReply, type WriteContext } from '../../../../src/deliver/influx/verdict.ts';
import type { SendOutcome } from '../../../../src/deliver/target.ts';
import { RECORDED } from '../../../fault/delivery/recorded-replies.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 0);

function reply(status: number, body: unknown = '', more: Partial<Reply> = {}): Reply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const base = { kind: 'reply', status, body: text, contentType: 'application/json' } as const;
  return { ...base, retryAfter: undefined, ...more } as Reply;
}

function judge(given: Reply, context: Partial<WriteContext> = {}): SendOutcome {
  return judgeReply(given, { flavour: 'v1', bodyBytes: 1_000, nowMs: NOW_MS, ...context });
}

const failure = (code: string): Reply => ({ kind: 'failure', code });
const error = (message: string): object => ({ error: message });
const v2Error = (message: string): object => ({ code: 'invalid', message });

const KINDS: [string, SendOutcome['kind'], Reply, Partial<WriteContext>?][] = [
  ['204', 'written', reply(204)],
  ['200 of 1.x for a body without points', 'written', reply(200, '', { influxVersion: '1.12.4' })],
  ['200 of nobody known', 'blocked', reply(200)],
  ['200 with JSON', 'blocked', reply(200, { ok: true })],
  ['a login page', 'blocked', reply(200, '<html>', { contentType: 'text/html; charset=utf-8' })],
  ['a redirect', 'blocked', reply(301)],
  ['connection refused', 'retry', failure('ECONNREFUSED')],
  ['no such name', 'retry', failure('ENOTFOUND')],
  ['connect time-out', 'retry', failure('UND_ERR_CONNECT_TIMEOUT')],
  ['reply time-out', 'retry', failure('UND_ERR_HEADERS_TIMEOUT')],
  ['cut reply', 'retry', failure('UND_ERR_RES_CONTENT_LENGTH_MISMATCH')],
  ['a certificate that is not trusted', 'blocked', failure('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ['reset on a small body', 'retry', failure('ECONNRESET')],
  ['reset on a large body', 'split', failure('ECONNRESET'), { bodyBytes: 100_000 }],
  ['EPIPE on a large body', 'split', failure('EPIPE'), { bodyBytes: 100_000 }],
  ['closed on a large body', 'split', failure('UND_ERR_SOCKET'), { bodyBytes: 100_000 }],
  ['408', 'retry', reply(408)],
  ['429', 'retry', reply(429)],
  ['500 timeout', 'retry', reply(500, error('timeout'))],
  ['500 cache full', 'retry', reply(500, error('engine: cache-max-memory-size exceeded: (2/1)'))],
  ['500 retention policy', 'blocked', reply(500, error('retention policy not found: nope'))],
  ['503 throttled', 'retry', reply(503, 'request throttled, queue full')],
  ['503 of a proxy', 'retry', reply(503, '<html>', { contentType: 'text/html' })],
  ['400 overloaded (3.x by the v2 call)', 'retry', reply(400, error('this service is overloaded'))],
  ['413', 'split', reply(413, error('Request Entity Too Large'))],
  ['400 database is required', 'blocked', reply(400, error('database is required'))],
  ['400 missing db', 'blocked', reply(400, error('missing db'))],
  ['400 invalid precision', 'blocked', reply(400, error('invalid precision "x" (use n, u)'))],
  ['400 of a proxy', 'blocked', reply(400, '<html>400 Bad Request', { contentType: 'text/html' })],
  ['400 without a body', 'blocked', reply(400)],
  ['401', 'blocked', reply(401, error('authorization failed'))],
  ['403', 'blocked', reply(403, error('"r" user is not authorized'))],
  ['404 database', 'blocked', reply(404, error('database not found: "nope"'))],
  ['405', 'blocked', reply(405)],
  ['415', 'blocked', reply(415)],
];

for (const [what, kind, given, context] of KINDS)
  test(`${what}: ${kind}`, () => {
    assert.equal(judge(given, context).kind, kind);
  });

test('Retry-After is read as seconds and as a date', () => {
  const after = (retryAfter: string): unknown => judge(reply(429, '', { retryAfter }));
  const reason = '429';
  assert.deepEqual(after('7'), { kind: 'retry', reason, afterMs: 7_000 });
  assert.deepEqual(after('Fri, 02 Jan 2026 03:04:09 GMT'), {
    kind: 'retry',
    reason,
    afterMs: 9_000,
  });
  assert.deepEqual(after('junk'), { kind: 'retry', reason });
});

for (const [what, flavour, given, remedy] of [
  ['401', 'v1', reply(401, error('authorization failed')), 'INFLUX_USER and INFLUX_PASSWORD'],
  ['401', 'v2', reply(401), 'INFLUX_TOKEN'],
  ['403', 'v3', reply(403), 'INFLUX_TOKEN'],
  ['404 database', 'v1', reply(404, error('database not found: "n"')), 'INFLUX_DB (it must exist)'],
  [
    '404 bucket',
    'v2',
    reply(404, v2Error('bucket "b" not found')),
    'INFLUX_BUCKET (it must exist)',
  ],
  ['404 org', 'v2', reply(404, v2Error('organization name "o" not found')), 'INFLUX_ORG'],
  [
    '404 path',
    'v2',
    reply(404, '404 page not found'),
    'INFLUX_URL and INFLUX_VERSION (there is no such endpoint)',
  ],
] as const)
  test(`${what} of ${flavour} names the setting`, () => {
    const outcome = judge(given, { flavour });
    assert.equal(outcome.kind === 'blocked' && outcome.remedy, remedy);
  });

function rejected(given: Reply): unknown {
  const outcome = judge(given);
  assert.ok(outcome.kind === 'rejected', outcome.kind);
  const { kind, reason, ...rest } = outcome;
  assert.ok(kind && reason);
  return rest;
}

test('1.x: a line that cannot be parsed, the rest is written', () => {
  const message = "partial write: unable to parse 'x 1': invalid field format dropped=0";
  assert.deepEqual(rejected(reply(400, error(message))), {
    isRestWritten: true,
    pointNumbers: [],
    cause: 'unparsable',
  });
});

test('1.x: only lines that cannot be parsed', () => {
  assert.deepEqual(rejected(reply(400, error("unable to parse 'x': missing fields"))), {
    isRestWritten: false,
    pointNumbers: [],
    cause: 'unparsable',
  });
});

test('1.x: field type conflict', () => {
  const message =
    'partial write: field type conflict: input field "count" on measurement "access_log" is type ' +
    'float, already exists as type integer dropped=1';
  assert.deepEqual(rejected(reply(400, error(message))), {
    isRestWritten: true,
    pointNumbers: [],
    cause: 'conflict',
    points: 1,
  });
});

for (const message of [
  'partial write: points beyond retention policy dropped=2',
  'partial write: dropped 2 points outside retention policy of duration 336h0m0s - oldest x',
])
  test(`too old: ${message}`, () => {
    assert.deepEqual(rejected(reply(400, error(message))), {
      isRestWritten: true,
      pointNumbers: [],
      cause: 'age',
      outsideWindow: 0,
      points: 2,
    });
  });

for (const limit of [
  'max-values-per-tag limit exceeded (8/5)',
  'max-series-per-database limit exceeded: (1000)',
])
  test(`1.x: ${limit}`, () => {
    assert.deepEqual(rejected(reply(400, error(`partial write: ${limit} dropped=30`))), {
      isRestWritten: true,
      pointNumbers: [],
      cause: 'limit',
      points: 30,
    });
  });

test('2.x: 422 with a partial write, 400 for a whole batch', () => {
  const message =
    'failure writing points to database: partial write: field type conflict: input field dropped=3';
  assert.deepEqual(rejected(reply(422, v2Error(message))), {
    isRestWritten: true,
    pointNumbers: [],
    cause: 'conflict',
    points: 3,
  });
  assert.deepEqual(rejected(reply(400, v2Error("unable to parse 'x': missing fields"))), {
    isRestWritten: false,
    pointNumbers: [],
    cause: 'unparsable',
  });
});

test('3.x: the lines are named', () => {
  const row = { original_line: 'x', line_number: 2, error_message: 'invalid column type' };
  const body = { error: 'partial write of line protocol occurred', data: [row] };
  assert.deepEqual(rejected(reply(400, body)), {
    isRestWritten: true,
    pointNumbers: [2],
    cause: 'other',
  });
  const whole = { error: 'parsing failed for write_lp endpoint', data: { ...row, line_number: 1 } };
  assert.deepEqual(rejected(reply(400, whole)), {
    isRestWritten: false,
    pointNumbers: [1],
    cause: 'unparsable',
  });
});

test('a reason is short and has no control characters', () => {
  const outcome = judge(reply(503, `\x1b[31m\n${'x'.repeat(1_000)}`));
  const { reason } = outcome as Extract<SendOutcome, { kind: 'retry' }>;
  assert.ok(reason.length <= 300);
  assert.match(reason, /^503 \S\[31m_x+$/);
});

for (const { of, what, flavour, status, headers, body, ...expected } of RECORDED)
  test(`${of}, ${what}: ${expected.kind}`, () => {
    const outcome = judge(
      {
        ...{ kind: 'reply', status, body, contentType: headers['content-type'] ?? '' },
        retryAfter: undefined,
        influxVersion: headers['x-influxdb-version'],
        server: headers['server'],
      },
      { flavour },
    );
    assert.equal(outcome.kind, expected.kind);
    if (expected.remedy !== undefined)
      assert.ok(outcome.kind === 'blocked' && outcome.remedy.startsWith(expected.remedy));
    if (expected.cause !== undefined)
      assert.equal(outcome.kind === 'rejected' && outcome.cause, expected.cause);
    if (headers['server'] !== undefined && outcome.kind !== 'written')
      assert.match(outcome.reason, /answered by nginx\/1\.28\.0/);
  });

test('write window and retention are told apart by their own numbers', () => {
  const message =
    'partial write: dropped 3 points outside retention policy of duration 1h0m0s and 35 points ' +
    'outside write window dropped=38';
  assert.deepEqual(rejected(reply(400, error(message))), {
    ...{ isRestWritten: true, pointNumbers: [], cause: 'age', outsideWindow: 35, points: 38 },
  });
});

test('the text of a quoted line decides nothing', () => {
  const line = 'm,s=a key="partial write: points beyond retention policy dropped=500"';
  const message = `unable to parse '${line}': invalid boolean`;
  assert.deepEqual(rejected(reply(400, error(message))), {
    ...{ isRestWritten: false, pointNumbers: [], cause: 'unparsable' },
  });
});

test('a reply that is cut off for its length is understood', () => {
  const message = "unable to parse 'm,s=a': missing fields\nunable to parse 'm,s=\\\"b";
  const body = JSON.stringify(error(message)).slice(0, -2);
  assert.deepEqual(rejected(reply(400, body)), {
    ...{ isRestWritten: false, pointNumbers: [], cause: 'unparsable' },
  });
});
