import assert from 'node:assert/strict';
import {
  COARSE_LATENCY_BOUNDS_MS,
  type SealedDimensions,
} from '../../../src/aggregate/dimension/sealed-dimensions.ts';
import { encodeDimensions } from '../../../src/points/dimension-points.ts';
import { test } from 'node:test';
import type { SealedWindow, SiteTotals } from '../../../src/aggregate/sealed-window.ts';
import { LineProtocolBuffer } from '../../../src/deliver/line-protocol/buffer.ts';
import { LineProtocol } from '../../../src/deliver/line-protocol/line-protocol.ts';
import { encodeMeter, encodeWindow, pointGroups } from '../../../src/points/points.ts';
import { MEASUREMENTS } from '../../../src/points/schema.ts';
import { type DecodedPoint, decodeLines } from '../../support/line-protocol-decoder.ts';

const TAGS = { host: 'web-1', extra: { env: 'test' } };

const SITE: SiteTotals = {
  site: 'example.com',
  count: 500,
  traffic: 5_223_000,
  bytesIn: 150_000,
  errors: 63,
  classes: [0, 375, 62, 31, 32],
  c499: 3,
  latency: {
    count: 500,
    sumMs: 43_540,
    maxMs: 1_352,
    p50Ms: 39,
    p95Ms: 344,
    p99Ms: 880,
    bins: Array.from({ length: 33 }, (_, i) => i),
  },
};

const WINDOW: SealedWindow = {
  log: 'access',
  startS: 1_795_374_000,
  windowS: 10,
  sites: [SITE],
  agent: {
    lines: 512,
    counted: 500,
    unparsed: 9,
    late: 1,
    filtered: 2,
    bytes: 102_400,
    unreadBytes: 0,
    lagMs: 812,
    rotations: 0,
    truncations: 0,
  },
};

const SIDECAR = {
  uptimeS: 86_400,
  starts: 0,
  points: 31,
  writes: 3,
  writeErrors: 0,
  rejectedPoints: 0,
  spoolBytes: 2_048,
  spoolMaxBytes: 268_435_456,
  spoolAgeMs: 900,
  writeMs: 12,
  rss: 61_500_000,
  cpuMs: 31,
  series: 71,
  folded: 0,
  lostMessages: 6,
};

const COARSE = {
  count: 5,
  sumMs: 40,
  maxMs: 20,
  bins: Array.from(COARSE_LATENCY_BOUNDS_MS, () => 0).concat(5),
};
const FIGURES = { count: 5, traffic: 50, errors: 1 };
const DIMENSION: SealedDimensions = {
  log: 'access',
  startS: WINDOW.startS,
  routes: [{ site: 'a', route: '/users/:id', ...FIGURES, classes: [4, 0, 1, 0], latency: COARSE }],
  upstreams: [
    {
      site: 'a',
      upstream: '10.0.0.1:80',
      ...{ count: 5, errors: 1, retries: 2 },
      classes: [4, 0, 0, 1],
      latency: COARSE,
    },
  ],
  properties: [{ site: 'a', dim: 'status', value: '404', ...FIGURES }],
  tops: [{ site: 'a', dim: 'url', rank: 1, key: '/a "b"\n\\', countError: 0, ...FIGURES }],
  uniques: [{ site: 'a', uniq: 4, registers: new Uint8Array(128) }],
};

function linesOf(window: SealedWindow): string[] {
  const buffer = new LineProtocolBuffer();
  encodeWindow(window, TAGS, buffer);
  return [...buffer.batches()].flatMap(({ bytes }) =>
    Buffer.from(bytes).toString().trimEnd().split('\n'),
  );
}

test('a window is one point per site and one for the log', () => {
  const lines = linesOf(WINDOW);
  assert.equal(lines.length, 2);
  assert.ok(
    lines[0]?.startsWith(
      'access_log,env=test,host=web-1,log=access,site=example.com window=10i,count=500i,' +
        'traffic=5223000i,bytes_in=150000i,error_rate=0.126,errors=63i,c1xx=0i,c2xx=375i,' +
        'c3xx=62i,c4xx=31i,c5xx=32i,c499=3i,rt_count=500i,rt_sum=43540i,rt_max=1352i,' +
        'rt_p50=39i,rt_p95=344i,rt_p99=880i,b_1=0i,b_2=1i,b_3=2i',
    ),
    lines[0],
  );
  assert.ok(lines[0]?.endsWith('b_65536=31i,b_inf=32i 1795374000'), lines[0]);
  assert.equal(
    lines[1],
    'access_log_lines,env=test,host=web-1,log=access lines=512i,counted=500i,unparsed=9i,late=1i,' +
      'filtered=2i,bytes=102400i,unread_bytes=0i,lag_ms=812i,rotations=0i,truncations=0i 1795374000',
  );
});

test("the sidecar's own point", () => {
  const buffer = new LineProtocolBuffer();
  encodeMeter(SIDECAR, 1_795_374_000, TAGS, buffer);
  const [batch] = [...buffer.batches()];
  assert.equal(
    Buffer.from(batch!.bytes).toString(),
    'access_log_meter,env=test,host=web-1 uptime=86400i,starts=0i,points=31i,writes=3i,write_errors=0i,' +
      'rejected_points=0i,spool_bytes=2048i,spool_max_bytes=268435456i,spool_age_ms=900i,' +
      'write_ms=12i,rss=61500000i,cpu_ms=31i,series=71i,folded=0i,lost_messages=6i 1795374000\n',
  );
});

test('every point has the tags and fields of the schema, in its order and types', () => {
  const buffer = new LineProtocolBuffer();
  encodeWindow(WINDOW, TAGS, buffer);
  encodeMeter(SIDECAR, WINDOW.startS, TAGS, buffer);
  encodeDimensions(DIMENSION, TAGS, buffer);
  const points = [...buffer.batches()].flatMap(({ bytes }) => decodeLines(bytes));
  const written = MEASUREMENTS.filter((m) => m.isWritten);
  assert.deepEqual(
    points.map((p) => p.measurement),
    written.map((m) => m.name),
  );
  for (const [i, measurement] of written.entries()) {
    assert.deepEqual(
      fieldsOf(points[i]!),
      measurement.fields.map(({ name, type }) => [name, type]),
    );
    assert.deepEqual(
      points[i]?.tags.map(([name]) => name),
      ['env', ...measurement.tags.map((tag) => tag.name)].sort(),
    );
  }
});

function fieldsOf(point: DecodedPoint): [string, string][] {
  return point.fields.map(([name, { type }]) => [name, type]);
}

test('a family that the log format cannot fill is left out, not written as zeros', () => {
  const site = { ...SITE, bytesIn: undefined, latency: undefined };
  const [point] = decodeLines(Buffer.from(`${linesOf({ ...WINDOW, sites: [site] })[0]}\n`));
  const expected = MEASUREMENTS[0]?.fields.filter((f) => f.family === undefined);
  assert.deepEqual(
    point?.fields.map(([name]) => name),
    expected?.map((f) => f.name),
  );
});

test('the error rate of nothing is 0, and a rare error is not rounded away', () => {
  const quiet = { ...SITE, count: 0, errors: 0 };
  assert.match(linesOf({ ...WINDOW, sites: [quiet] })[0]!, /,error_rate=0,/);
  const third = { ...SITE, count: 3, errors: 1 };
  assert.match(linesOf({ ...WINDOW, sites: [third] })[0]!, /,error_rate=0.333333,/);
  const rare = { ...SITE, count: 30_000_000, errors: 1 };
  assert.match(linesOf({ ...WINDOW, sites: [rare] })[0]!, /,error_rate=3.33333e-8,/);
});

test('many windows come in batches within the limits, all of them, in order', () => {
  const windows = Array.from({ length: 4_000 }, (_, i) => ({ ...WINDOW, startS: i * 10 }));
  const seen: bigint[] = [];
  for (const { bytes, points } of new LineProtocol().encode(pointGroups(windows, [], TAGS))) {
    const decoded = decodeLines(bytes);
    assert.equal(decoded.length, points);
    assert.ok(points <= 5_000 && bytes.length <= 1_000_000);
    seen.push(...decoded.filter((p) => p.measurement === 'access_log').map((p) => p.timestamp));
  }
  assert.deepEqual(
    seen,
    windows.map((w) => BigInt(w.startS)),
  );
});
