import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { BYTE_HASH_OWN_BYTES, createByteHash, reservedBytes } from '../../src/wasm/byte-hash.ts';
import { dimensionVariables } from '../../src/request/dimension-columns.ts';
import { ROWS_MAX } from '../../src/request/keys/key-cache.ts';
import { createParser } from '../../src/parse/parser.ts';
import { RecordBatch, recordBatchBytes } from '../../src/parse/record-batch.ts';
import { ROW_GATHER_BYTES, RowGather } from '../../src/request/row-gather.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';

/**
 * The same lines gathered by WebAssembly, which needs columns and bytes in one memory, and row by row.
 * The spans and all that is told without a cache must be the same.
 */
const CLIENT = { variable: 'http_x_forwarded_for', proxies: 1 } as const;
const FORMAT =
  '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent "$http_referer" ' +
  '"$http_user_agent" "$http_x_forwarded_for" "$upstream_addr" $upstream_cache_status $ssl_protocol';
const TIME = '2026-03-14T06:00:00+00:00';
const CAPACITY = 64;
const BUFFER_BYTES = 1 << 16;

const variables = dimensionVariables(CLIENT);
const batchBytes = recordBatchBytes(CAPACITY, variables);
/** Two gatherers, and the spans of both. */
const reservedForAll = 2 * ROW_GATHER_BYTES + 10 * reservedBytes(8 * ROWS_MAX);
const ownBytes = BYTE_HASH_OWN_BYTES + reservedForAll;
const scanner = createScanner({
  readBufferBytes: BUFFER_BYTES,
  sharedBytes: ownBytes + 8 + batchBytes,
});
const hash = createByteHash(reservedForAll, scanner.shared);
const room = {
  buffer: scanner.shared.memory.buffer,
  at: 8 * Math.ceil((scanner.shared.at + ownBytes) / 8),
};

const method = fc.constantFrom(
  ...['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'GETS', 'PUTT', 'POSTS', 'get', 'G', '', 'PRI'],
);
const target = fc.constantFrom('/', '/a?b=c', '', ' ', '/a b', '*', '/HTTP/1.1', 'x'.repeat(40));
const protocol = fc.constantFrom(
  ...['HTTP/1.1', 'HTTP/2.0', 'HTTP/1.0', 'HTTP/3.0', 'HTTP/0.9', 'HTTP/1.2', 'http/1.1', '', 'H'],
);
const request = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(method, target, protocol).map((parts) => parts.join(' ')) },
  fc.constantFrom('', '-', 'GET', 'GET ', 'GET HTTP/1.1', 'HTTP/1.1', '\\x16\\x03\\x01'),
);
const value = fc.constantFrom('-', '', 'a', 'HIT', '192.0.2.1, 198.51.100.7', '10.0.0.1:80');
const line = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(request, value, value, value, value, fc.constantFrom('HIT', 'MISS', '-'))
      .map(
        ([asked, referer, agent, forwarded, upstream, cache]) =>
          `192.0.2.9 [${TIME}] "${asked}" 200 1 "${referer}" "${agent}" "${forwarded}" "${upstream}" ${cache} TLSv1.3`,
      ),
  },
  fc.constant('no line of this format'),
);

test('rows gathered together and one by one are the same', () => {
  const here = gatherer(true);
  const elsewhere = gatherer(false);
  let usual = 0;
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: CAPACITY, size: 'max' }),
      fc.nat(8),
      (lines, from) => {
        const together = here(lines, from);
        assert.deepEqual(together, elsewhere(lines, from));
        usual += together.properties[0]!.filter((code) => code > 1).length;
      },
    ),
  );
  assert.ok(usual > 200, `${usual} usual requests`);
});

function gatherer(isTogether: boolean) {
  const records = isTogether
    ? new RecordBatch(CAPACITY, variables, room)
    : new RecordBatch(CAPACITY, variables);
  const spans = newSpans();
  const gather = new RowGather({ hash, spans, clientFrom: CLIENT, withClients: true });
  const parser = createParser({ format: FORMAT, scanner });
  return (lines: readonly string[], skipped: number) => {
    const text = Buffer.from(`${lines.join('\n')}\n`);
    scanner.readBuffer.set(text);
    const batch = {
      ...{ log: 'access', path: 'access.log', bytes: scanner.readBuffer, start: 0 },
      ...{ end: text.length, overlongLines: 0, overlongBytes: 0, before: false, headLost: false },
    };
    parser.parse(batch, 0, records);
    assert.equal(records.length, lines.length);
    gather.attach(records);
    const from = Math.min(skipped, records.length - 1);
    const rows = records.length - from;
    gather.gather(from, rows);
    const first = (column: Uint8Array | Uint16Array | Int32Array, perRow = 1) => [
      ...column.subarray(0, perRow * rows),
    ];
    return {
      properties: gather.properties.map((column) => first(column)),
      filled: first(gather.filled),
      spans: Object.entries(spans).map(([name, column]) => [name, textsOf(first(column, 2), text)]),
    };
  };
}

function newSpans() {
  const place = () => new Int32Array(hash.memory.buffer, hash.reserve(8 * ROWS_MAX), 2 * ROWS_MAX);
  return {
    targets: place(),
    agents: place(),
    referers: place(),
    clients: place(),
    upstreams: place(),
  };
}

/** What the spans hold: where an empty one stands does not matter. */
function textsOf(spans: readonly number[], text: Buffer): string[] {
  return Array.from({ length: spans.length / 2 }, (_, i) =>
    text.toString('latin1', spans[2 * i], spans[2 * i + 1]),
  );
}
