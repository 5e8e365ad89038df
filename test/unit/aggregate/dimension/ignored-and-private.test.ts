import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DimensionBench, type DimensionBenchOptions } from '../../../support/dimension-bench.ts';
import { NOON_S } from '../../../support/log-rows.ts';

const TIME = `${new Date(NOON_S * 1000).toISOString().slice(0, 19)}+00:00`;

interface Request {
  readonly ip?: string;
  readonly target?: string;
  readonly status?: number;
  readonly referer?: string;
  readonly agent?: string;
  readonly upstream?: string;
}

function read(requests: readonly Request[], options: DimensionBenchOptions = {}) {
  const bench = new DimensionBench(options);
  const lines = requests.map(
    ({
      ip = '192.0.2.1',
      target = '/',
      status = 200,
      referer = '-',
      agent = 'x',
      upstream = '-',
    }) =>
      `a.example ${ip} [${TIME}] "GET ${target} HTTP/1.1" ${status} 10 "${referer}" "${agent}" 0.001 "${upstream}"`,
  );
  bench.add(lines, NOON_S);
  bench.windows.endInput();
  bench.take('last', NOON_S);
  const detail = bench.stored.get(NOON_S);
  const total = bench.totals.get(NOON_S);
  assert.ok(total !== undefined);
  const top = (dim: string) =>
    (detail?.tops ?? []).filter((one) => one.dim === dim).map(({ key, count }) => [key, count]);
  return { bench, detail, total, top };
}

test('ignored lines are counted as filtered and nowhere else', () => {
  const { detail, total, bench } = read(
    [
      { target: '/healthz' },
      { target: '/healthz/?full=1' },
      { agent: 'kube-probe/1.29' },
      { status: 204 },
      { target: '/api/7' },
    ],
    { ignore: ['/healthz', 'agent:kube-probe', 'status:204'] },
  );
  const { lines, counted, filtered, unparsed, late } = total.agent;
  assert.deepEqual([lines, counted, filtered, unparsed, late], [5, 1, 4, 0, 0]);
  assert.equal(bench.windows.counters.filtered, 4);
  assert.deepEqual(
    total.sites.map(({ count }) => count),
    [1],
  );
  assert.deepEqual(
    detail?.routes.map(({ route, count }) => [route, count]),
    [['/api/:id', 1]],
  );
});

test('query strings are not kept, and secrets in paths neither', () => {
  const { top } = read([
    { target: '/a?password=hunter2', referer: 'https://me:pw@b.example/x?token=1' },
    { target: '/a?q=2', status: 404 },
    { target: '/reset/0123456789abcdef0123' },
  ]);
  assert.deepEqual(top('url'), [
    ['/a', 2],
    ['/reset/***', 1],
  ]);
  assert.deepEqual(top('notfound'), [['/a', 1]]);
  assert.deepEqual(top('referer'), [['https://***@b.example/x', 1]]);
});

test('kept query strings are without what can be told to be a secret', () => {
  const { top } = read([{ target: '/a?password=hunter2&page=3' }, { target: '/a?page=4' }], {
    keepQuery: true,
  });
  assert.deepEqual(top('url'), [
    ['/a?page=4', 1],
    ['/a?password=***&page=3', 1],
  ]);
});

test('masked addresses: neither list nor uniques know more than the network', () => {
  const requests = [{ ip: '192.0.2.1' }, { ip: '192.0.2.99' }, { ip: '2001:db8:1:2::3' }];
  const masked = read(requests, { clientIp: 'masked' });
  assert.deepEqual(masked.top('ip'), [
    ['192.0.2.0/24', 2],
    ['2001:db8:1::/48', 1],
  ]);
  assert.equal(masked.detail?.uniques[0]?.uniq, 2);
  assert.equal(read(requests).detail?.uniques[0]?.uniq, 3);
});

test('without addresses there is no list of them and no count of clients', () => {
  const { detail, top } = read([{ ip: '192.0.2.1' }], { clientIp: 'off' });
  assert.deepEqual(top('ip'), []);
  assert.deepEqual(detail?.uniques, []);
  assert.deepEqual(top('ua'), [['x', 1]]);
});

test('the last upstream answered, and each comma is a retry', () => {
  const { detail } = read([
    { upstream: '10.0.0.1:80, 10.0.0.2:80' },
    { upstream: '10.0.0.2:80' },
    { upstream: '10.0.0.1:80 : 10.0.0.2:80' },
    {},
  ]);
  assert.deepEqual(
    detail?.upstreams.map(({ upstream, count, retries }) => [upstream, count, retries]),
    [['10.0.0.2:80', 3, 1]],
  );
});

test('a window in which no client was seen is taken up again after a restart', () => {
  const { bench } = read([{ agent: '-' }], { clientIp: 'off' });
  bench.restart();
  bench.add([`a.example 192.0.2.1 [${TIME}] "GET /b HTTP/1.1" 200 10 "-" "y" 0.001 "-"`], NOON_S);
  bench.windows.endInput();
  bench.take('last', NOON_S);
  const counted = bench.stored.get(NOON_S)?.routes.reduce((sum, { count }) => sum + count, 0);
  assert.equal(counted, 2);
});
