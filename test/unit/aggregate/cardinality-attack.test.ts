import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDetail } from '../../../src/influx/detail-points.ts';
import { LineProtocolBuffer } from '../../../src/influx/line-protocol.ts';
import { decodeLines } from '../../support/line-protocol-decoder.ts';
import { DetailBench } from '../../support/detail-bench.ts';
import { NOON_S } from '../../support/log-rows.ts';

/** LINES from the environment makes the attack longer; a million takes a minute. */
const LINES = Number(process.env['LINES'] ?? 100_000);
const PART = 1000;
const LINES_PER_S = 200;

/** A generator that gives the same numbers on every run. */
function* random(): Generator<number, never> {
  let state = 42;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

test('clients that invent everything: series, points and memory stay within the bounds', () => {
  const bench = new DetailBench({ latenessS: 60 });
  const numbers = random();
  const word = () => numbers.next().value.toString(36);
  let busy = 0;
  const seriesOf = new Map<string, Set<string>>();
  let pointsMax = 0;
  const buffer = new LineProtocolBuffer();
  const read = () => {
    for (const detail of bench.stored.values()) {
      encodeDetail(detail, { host: 'h', extra: {} }, buffer);
      pointsMax = Math.max(pointsMax, buffer.points);
      for (const { lines } of buffer.batches()) {
        for (const { measurement, seriesKey } of decodeLines(lines)) {
          const known = seriesOf.get(measurement) ?? new Set();
          seriesOf.set(measurement, known.add(seriesKey));
        }
      }
      buffer.clear();
    }
    bench.stored.clear();
    bench.totals.clear();
  };
  const before = process.memoryUsage().rss;
  for (let done = 0; done < LINES; done += PART) {
    const atS = NOON_S + Math.floor(done / LINES_PER_S);
    const time = `${new Date(atS * 1000).toISOString().slice(0, 19)}+00:00`;
    const lines = Array.from({ length: PART }, (_, i) => {
      if (i % 4 === 0) {
        busy++;
        return `shop.example 192.0.2.1 [${time}] "GET /busy HTTP/1.1" 200 1 "-" "curl/8" 0.001 "-"`;
      }
      const status = 100 + (numbers.next().value % 900);
      const ip = `10.${[0, 8, 16].map((bits) => (numbers.next().value >>> bits) & 255).join('.')}`;
      return (
        `${word()}.example ${ip} [${time}] "${word()} /${word()}/${word()}zz/x HTTP/${i % 10}.1" ` +
        `${status} 1 "https://${word()}.example/" "${word()} ${word()}" 0.001 "${ip}:${i}"`
      );
    });
    bench.add(lines, atS);
    bench.take('catching-up', atS);
    read();
  }
  bench.take('last', NOON_S + LINES);
  read();
  const sites = 52; // 50, `other` and `-`
  const bounds: Readonly<Record<string, number>> = {
    // Two full rations of new series, and `other` for each site.
    access_log_route: 2 * 50 + 50 + sites,
    access_log_upstream: 2 * 32 + 32 + sites,
    access_log_by: sites * 150,
    access_log_top: sites * 50,
    access_log_uniq: sites,
  };
  for (const [measurement, bound] of Object.entries(bounds)) {
    const series = seriesOf.get(measurement)?.size ?? 0;
    assert.ok(series > 0 && series <= bound, `${series} series of ${measurement}`);
  }
  assert.ok(pointsMax < 10_000, `${pointsMax} points in a window`);
  const busyKey = [...(seriesOf.get('access_log_route') ?? [])].some((key) =>
    key.includes('route=/busy'),
  );
  assert.ok(busy > 0 && busyKey, 'the route with real traffic has a series');
  const grownMb = (process.memoryUsage().rss - before) / 1e6;
  assert.ok(grownMb < 120, `${grownMb} MB more than before`);
  assert.ok(bench.windows.openWindows < 60);
});
