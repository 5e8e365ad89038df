import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Secret } from '../../../src/config/secret.ts';
import { PageAccess } from '../../../src/status/page-access.ts';
import { PageFiles } from '../../../src/status/page-files.ts';
import type { PageParts } from '../../../src/status/page-routes.ts';
import { statusApp } from '../../../src/status/server.ts';
import { readSummaryQuery } from '../../../src/status/summary-query.ts';
import { healthyStatus, logFigures } from '../../support/meter-status.ts';

const NOW_S = 1_795_374_007;
const read = (query: string) => readSummaryQuery(new URLSearchParams(query), NOW_S, 10);

test('a range ends with the last whole window', () => {
  const span = { fromS: 1_795_374_000 - 3600, untilS: 1_795_374_000 };
  const whole = { log: undefined, site: undefined };
  assert.deepEqual(read(''), { span, narrowing: whole, top: 10 });
  assert.deepEqual(read('range=5m&log=shop&site=a.example&top=100'), {
    span: { fromS: 1_795_374_000 - 300, untilS: 1_795_374_000 },
    narrowing: { log: 'shop', site: 'a.example' },
    top: 100,
  });
});

test('a span is two times, in seconds or as ISO 8601 writes them', () => {
  const span = { fromS: 1_767_323_045, untilS: 1_767_326_645 };
  for (const query of [
    'from=1767323045&until=1767326645',
    'from=2026-01-02T03:04:05Z&until=2026-01-02T04:04:05.000Z',
    'from=2026-01-02T04:04:05%2B01:00&until=1767326645',
  ]) {
    const answer = read(query);
    assert.ok(typeof answer === 'object', query);
    assert.deepEqual(answer.span, span);
  }
  const open = read('from=1795374000');
  assert.equal(open, 'from is before until; these are the other way round, or the same.');
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['range=1y', /range is a duration from 1m to 400d/],
  ['range=10s', /range is a duration/],
  ['range=401d', /range is a duration/],
  ['range=1h&range=2h', /range stands there twice/],
  ['range=1h&from=1', /either range, or from and until/],
  ['until=5', /from is missing/],
  ['from=yesterday', /epoch seconds, or times like/],
  ['from=2026-13-02T03:04:05Z', /epoch seconds, or times like/],
  ['from=-5&until=9', /epoch seconds/],
  ['from=9&until=5', /the other way round/],
  ['from=0&until=1795374007', /longer than 400 days/],
  ['top=0', /top is a whole number from 1 to 100/],
  ['top=101', /top is/],
  ['top=ten', /top is/],
  ['log=', /log is empty/],
  [`site=${'x'.repeat(301)}`, /site is longer/],
  ['sort=count', /no parameter of this name; there are range, from/],
];

function parts(changes: Partial<PageParts> = {}): PageParts & { asked: number } {
  const made = {
    asked: 0,
    access: new PageAccess({
      mode: 'loopback',
      password: undefined,
      names: [],
      monotonicMs: () => 0,
    }),
    files: pageFiles(),
    windowS: 10,
    monotonicMs: () => 0,
    summary: () => {
      made.asked += 1;
      return undefined;
    },
    ...changes,
  };
  return made;
}

function pageFiles(): PageFiles {
  const packed = (text: string) => gzipSync(text).toString('base64');
  return new PageFiles({
    document: packed('<style>a{}</style>the page'),
    script: packed('the script'),
  });
}

const HERE = { peer: '127.0.0.1' };
const HOST = { headers: { Host: 'localhost' } };

test('a query that is wrong is a 400 that says what is right', async () => {
  const page = parts();
  const app = statusApp(() => healthyStatus(), page);
  for (const [query, message] of wrong) {
    const reply = await app.request(`/api/summary?${query}`, HOST, HERE);
    assert.equal(reply.status, 400, query);
    assert.match(await reply.text(), message);
  }
  assert.equal(page.asked, 0);
});

test('the answer has the summary and how the meter is doing, but no counters of the traffic', async () => {
  const unparsedExample = { reason: 'shape', example: 'GET <script>' };
  const status = healthyStatus({
    logs: [logFigures({ unparsedExample })],
    stateTrouble: 'the disk is full',
  });
  const reply = await statusApp(() => status, parts()).request('/api/summary', HOST, HERE);
  assert.equal(reply.status, 200);
  assert.match(reply.headers.get('Content-Type') ?? '', /^application\/json/);
  assert.equal(reply.headers.get('Cache-Control'), 'no-store');
  const body = JSON.parse(await reply.text());
  assert.equal(body.summary, null);
  assert.equal(body.meter.version, '1.2.3');
  assert.deepEqual(body.meter.logs[0].unparsedExample, unparsedExample);
  assert.equal(body.meter.unready[0].code, 'state-unwritable');
  assert.ok(!('traffic' in body.meter));
});

test('what many look at within a window is read once', async () => {
  const page = parts();
  let nowMs = 1_795_374_000_000;
  const app = statusApp(() => healthyStatus({ nowMs }), page);
  for (let i = 0; i < 5; i++) await app.request('/api/summary?range=1h', HOST, HERE);
  assert.equal(page.asked, 1);
  await app.request('/api/summary?range=6h', HOST, HERE);
  assert.equal(page.asked, 2);
  nowMs += 10_000;
  await app.request('/api/summary?range=1h', HOST, HERE);
  assert.equal(page.asked, 3);
});

test('a summary that takes long is read anew after fifty times as long at the earliest', async () => {
  let elapsedMs = 0;
  const page = parts({ monotonicMs: () => elapsedMs });
  const summary = page.summary;
  let nowMs = 1_795_374_000_000;
  const slow = {
    ...page,
    summary: (...asked: Parameters<PageParts['summary']>) => {
      elapsedMs += 600;
      return summary(...asked);
    },
  };
  const app = statusApp(() => healthyStatus({ nowMs }), slow);
  const ask = () => app.request('/api/summary?range=7d', HOST, HERE);
  await ask();
  nowMs += 29_000;
  await ask();
  assert.equal(page.asked, 1);
  nowMs += 1000;
  await ask();
  assert.equal(page.asked, 2);
  nowMs -= 3_600_000;
  await ask();
  assert.equal(page.asked, 3);
});

test('strangers get nothing of the traffic, and the health endpoints all the same', async () => {
  const page = parts();
  const app = statusApp(() => healthyStatus(), page);
  const peer = { peer: '192.0.2.7' };
  assert.equal((await app.request('/api/summary', HOST, peer)).status, 403);
  const rebound = { headers: { Host: 'evil.example' } };
  assert.equal((await app.request('/api/summary', rebound, HERE)).status, 421);
  assert.equal(page.asked, 0);
  for (const path of ['/', '/page.js']) {
    assert.equal((await app.request(path, HOST, peer)).status, 403, path);
  }
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    assert.equal((await app.request(path, rebound, peer)).status, 200, path);
  }
});

test('the page may load its own script and style and nothing else', async () => {
  const app = statusApp(() => healthyStatus(), parts());
  const reply = await app.request('/', HOST, HERE);
  assert.equal(reply.headers.get('Content-Type'), 'text/html; charset=utf-8');
  assert.equal(await reply.text(), '<style>a{}</style>the page');
  const hash = createHash('sha256').update('a{}').digest('base64');
  assert.deepEqual((reply.headers.get('Content-Security-Policy') ?? '').split('; ').sort(), [
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'img-src data:',
    "script-src 'self'",
    `style-src 'sha256-${hash}'`,
  ]);
  const packed = { headers: { Host: 'localhost', 'Accept-Encoding': 'br, gzip' } };
  const script = await app.request('/page.js', packed, HERE);
  assert.equal(script.headers.get('Content-Encoding'), 'gzip');
  assert.match(script.headers.get('Content-Type') ?? '', /^text\/javascript/);
  assert.equal(gunzipSync(await script.arrayBuffer()).toString(), 'the script');
});

test('the password opens it from anywhere', async () => {
  const access = new PageAccess({
    mode: 'loopback',
    password: new Secret('open'),
    names: [],
    monotonicMs: () => 0,
  });
  const app = statusApp(() => healthyStatus(), parts({ access }));
  const peer = { peer: '192.0.2.7' };
  const asked = await app.request('/api/summary', HOST, peer);
  assert.equal(asked.status, 401);
  assert.match(asked.headers.get('WWW-Authenticate') ?? '', /^Basic/);
  const headers = { Host: 'localhost', Authorization: `Basic ${btoa('me:open')}` };
  assert.equal((await app.request('/api/summary', { headers }, peer)).status, 200);
});

test('without the page /api/summary is not there', async () => {
  const reply = await statusApp(() => healthyStatus()).request('/api/summary', HOST, HERE);
  assert.equal(reply.status, 404);
});
