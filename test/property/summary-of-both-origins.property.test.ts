import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../support/property.ts';
import { History } from '../../src/history/history.ts';
import { createParser } from '../../src/parse/parser.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { RecordBatch } from '../../src/parse/record-batch.ts';
import { pointGroups } from '../../src/points/points.ts';
import { dimensionVariables } from '../../src/request/dimension-columns.ts';
import { readIgnoreRules } from '../../src/request/ignore-rules.ts';
import { RequestStage } from '../../src/request/request-stage.ts';
import { ROW_DIMENSIONS_BYTES } from '../../src/request/row-dimensions.ts';
import type { Summary } from '../../src/summary/model.ts';
import { RowsSummary } from '../../src/summary/rows-summary.ts';
import { tagValue } from '../../src/text/tag-value.ts';
import { BYTE_HASH_OWN_BYTES, createByteHash } from '../../src/wasm/byte-hash.ts';
import { FakeClock } from '../support/clock.ts';
import { DIMENSION_FORMAT, DimensionBench } from '../support/dimension-bench.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** Of a history that is not thinned. */
const SPAN_S = 3600;
const CLIENT = { variable: 'remote_addr', proxies: 1 } as const;
const TAGS = { host: 'h', extra: {} };
const TOP = 1000;

const line = (nowS: number) =>
  fc
    .record({
      agoS: fc.integer({ min: 0, max: SPAN_S }),
      site: fc.constantFrom('a.example', 'b.example'),
      path: fc.constantFrom('/', '/x', '/api/v1/users/7', '/img/a.png', '/login'),
      status: fc.constantFrom(101, 200, 301, 404, 499, 500, 503),
      bytes: fc.integer({ min: 0, max: 1e9 }),
      ms: fc.integer({ min: 0, max: 90_000 }),
      client: fc.integer({ min: 1, max: 9 }),
      upstream: fc.constantFrom('-', '10.0.0.1:80', '10.0.0.2:80'),
    })
    .map(({ agoS, site, path, status, bytes, ms, client, upstream }) => {
      const time = new Date(1000 * (nowS - agoS)).toISOString().replace('.000Z', '+00:00');
      return {
        atS: nowS - agoS,
        text:
          `${site} 192.0.2.${client} [${time}] "GET ${path} HTTP/1.1" ${status} ${bytes} "-" ` +
          `"curl/8.5.0" ${(ms / 1000).toFixed(3)} "${upstream}"`,
      };
    });

/** Reads the lines as `report FILE` does. */
function fromFiles(lines: readonly string[], nowS: number): Summary {
  const scanner = createScanner({
    readBufferBytes: 1 << 20,
    sharedBytes: BYTE_HASH_OWN_BYTES + ROW_DIMENSIONS_BYTES,
  });
  const requests = new RequestStage({
    hash: createByteHash(ROW_DIMENSIONS_BYTES, scanner.shared),
    routes: [],
    ignore: readIgnoreRules([]),
    isBot: () => false,
    safeName: tagValue,
    clientIp: 'full',
    clientFrom: CLIENT,
    keepQuery: false,
  });
  const records = new RecordBatch(64, dimensionVariables(CLIENT));
  const parser = createParser({ format: DIMENSION_FORMAT, scanner });
  const summary = new RowsSummary({ requests, errorStatusMin: 400, nowS });
  const bytes = scanner.readBuffer;
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).write(
    lines.map((text) => `${text}\n`).join(''),
  );
  const flags = { overlongLines: 0, overlongBytes: 0, before: false, headLost: false };
  const batch = { log: 'access', path: 'access.log', bytes, start: 0, end, ...flags };
  for (let from = 0; from < end; from = records.consumedTo) {
    parser.parse(batch, from, records);
    summary.add(records);
  }
  return summary.finish({ kind: 'files', names: ['access.log'] }, { lacks: [] }, TOP);
}

/** What both can know; lists of keys and clients are estimates of another kind in each. */
function comparable({ totals, statuses, sites, routes, upstreams, properties }: Summary) {
  const { requests, classes, traffic, latency, botShare } = totals;
  return {
    requests,
    classes,
    traffic,
    latency,
    botShare,
    counted: totals.lines.counted,
    statuses,
    sites,
    properties,
    routes: routes.rows,
    upstreams: upstreams.rows,
  };
}

test('the same lines give the same summary, out of the history and out of files', async (t) => {
  const clock = new FakeClock();
  const nowS = Math.floor(clock.now() / 1000);
  const folder = temporaryFolder(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(line(nowS), { minLength: 1, maxLength: 60 }), async (lines) => {
      const history = await History.open({
        path: join(folder, `history-${runs++}.db`),
        keepMs: 86_400_000,
        maxBytes: 64 * 1024 * 1024,
        latenessS: SPAN_S,
        clock,
        notify: ({ message }) => assert.fail(message),
      });
      try {
        const bench = new DimensionBench({ latenessS: 2 * SPAN_S });
        bench.add(
          lines.map(({ text }) => text),
          nowS,
        );
        bench.take('last', nowS);
        history.put(pointGroups(bench.totals.values(), bench.stored.values(), TAGS));
        history.commit();
        const span = { fromS: nowS - 2 * SPAN_S, untilS: nowS + SPAN_S };
        const kept = history.summary(span, {}, TOP);
        assert.ok(kept !== undefined);
        const read = fromFiles(
          lines.map(({ text }) => text),
          nowS,
        );
        assert.deepEqual(comparable(kept), comparable(read));
      } finally {
        history.close();
      }
    }),
    { numRuns: runsOfSlow(20) },
  );
});
