import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYTE_HASH_OWN_BYTES, createByteHash } from '../../../src/wasm/byte-hash.ts';
import { dimensionVariables } from '../../../src/request/dimension-columns.ts';
import { readIgnoreRules } from '../../../src/request/ignore-rules.ts';
import { createParser } from '../../../src/parse/parser.ts';
import { RecordBatch } from '../../../src/parse/record-batch.ts';
import { ROW_DIMENSIONS_BYTES, RowDimensions } from '../../../src/request/row-dimensions.ts';
import { createScanner } from '../../../src/parse/line/scanner.ts';
import { TopKey } from '../../../src/request/keys/top-key.ts';
import { batchOf, toBytes } from '../../support/parsed-rows.ts';

const CLIENT = { variable: 'remote_addr', proxies: 1 };
const FORMAT =
  '[$time_local] "$request" $status "$http_referer" "$http_user_agent" "$upstream_addr"';

function textOf({ bytes, start, length }: TopKey): string {
  return Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
}

test('logs with and without escapes are read by one RowFacts, in turns', () => {
  const scanner = createScanner({
    readBufferBytes: 1 << 16,
    sharedBytes: BYTE_HASH_OWN_BYTES + ROW_DIMENSIONS_BYTES,
  });
  const facts = new RowDimensions({
    hash: createByteHash(ROW_DIMENSIONS_BYTES, scanner.shared),
    routes: [],
    ignore: readIgnoreRules([]),
    isBot: () => false,
    safeName: (text) => text,
    clientIp: 'full',
    clientFrom: CLIENT,
    keepQuery: false,
  });
  const key = new TopKey();
  const agentClass = () => facts.agents.classes[facts.agents.found[0]!];
  const records = new RecordBatch(16, dimensionVariables(CLIENT));
  const line =
    String.raw`[22/Nov/2026:10:00:00 +0000] "GET /a\x22 HTTP/1.1" 200 "/r\x22" ` +
    String.raw`"\x63url/8" "unix:/u\x22"`;
  const read = (escape: string) => {
    const parser = createParser({ format: `log_format x ${escape} '${FORMAT}';`, scanner });
    const bytes = toBytes(`${line}\n`);
    scanner.readBuffer.set(bytes);
    parser.parse({ ...batchOf(scanner.readBuffer), end: bytes.length }, 0, records);
    facts.attach(records);
    assert.equal(facts.lookUp(0), 1);
    const { routes, upstreams, urls, referers, agents } = facts;
    const keys = [urls, referers, agents].map((column) => {
      column.read(0, key);
      return textOf(key);
    });
    return [routes.names[routes.found[0]!], upstreams.names[upstreams.found[0]!], ...keys];
  };
  const escaped = ['/a"', 'unix:/u"', '/a"', '/r"', 'curl/8'];
  const raw = [
    String.raw`/a\x22`,
    String.raw`unix:/u\x22`,
    // Keys as they are stored.
    '/a_x22',
    '/r_x22',
    '_x63url/8',
  ];
  for (let turn = 0; turn < 3; turn++) {
    assert.deepEqual(read('escape=default'), escaped);
    const known = agentClass();
    assert.deepEqual(read('escape=none'), raw);
    assert.notEqual(agentClass(), known, 'the class is that of the agent as it was sent');
  }
});
