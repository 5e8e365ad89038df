/**
 * Nanoseconds per call of what the dimensions cost per line, on a known key unless it says otherwise.
 * The bytes lie in WebAssembly memory, as the follower's read buffer does. Use: node bench/dimensions.ts
 */
import { isbot } from 'isbot';
import { HeavyHitters } from '../src/aggregate/dimension/heavy-hitters.ts';
import { HyperLogLog } from '../src/aggregate/sketch/hyper-log-log.ts';
import { TopList } from '../src/aggregate/dimension/top-list.ts';
import { AGENT_TABLE_BYTES, AgentTable } from '../src/request/agent-class.ts';
import { createByteHash } from '../src/wasm/byte-hash.ts';
import { maskAddress, MASKED_BYTES_MAX } from '../src/request/client/client-address.ts';
import { METHODS } from '../src/request/closed-set.ts';
import { Redactor } from '../src/request/keys/redact.ts';
import { ROUTE_TABLE_BYTES, RouteTable } from '../src/request/route/route.ts';
import { slotOf } from '../test/support/slot-of.ts';

const KEYS = 512;
const ROUNDS = 7;
const CALLS = 400_000;
const BUFFER_BYTES = 4 << 20;

const hash = createByteHash(ROUTE_TABLE_BYTES + AGENT_TABLE_BYTES + BUFFER_BYTES);
const bufferAt = hash.reserve(BUFFER_BYTES);
const bytes = hash.memory;
let filled = bufferAt;

/** Places texts one after the other; returns [start, end, …]. */
function place(texts: readonly string[]): Int32Array {
  const spans = new Int32Array(2 * texts.length);
  texts.forEach((text, i) => {
    const encoded = Buffer.from(text);
    bytes.set(encoded, filled);
    spans[2 * i] = filled;
    filled += encoded.length;
    spans[2 * i + 1] = filled;
    filled += 7;
  });
  return spans;
}

let sink = 0;

function measure(name: string, spans: Int32Array, call: (start: number, end: number) => number) {
  let best = Infinity;
  const keys = spans.length / 2;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) {
      const key = Math.imul(i, 0x9e3779b1) >>> 7;
      const at = 2 * (key % keys);
      sink ^= call(spans[at] ?? 0, spans[at + 1] ?? 0);
    }
    best = Math.min(best, Number(process.hrtime.bigint() - before) / CALLS);
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(1).padStart(8)} ns`);
}

const numbered = (count: number, text: (i: number) => string) =>
  place(Array.from({ length: count }, (_, i) => text(i)));

const addresses = numbered(KEYS, (i) => `10.${i & 7}.${i >> 3}.${(i * 37) & 255}`);
const paths = numbered(KEYS, (i) => `/api/v1/users/${100_000 + i}/orders/summary?page=${i & 3}`);
const agents = numbered(
  64,
  (i) =>
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${i}.0.0.0 Safari/537.36`,
);
const methods = place(['GET', 'GET', 'GET', 'POST', 'HEAD']);
const manyPaths = numbered(40_000, (i) => `/api/v1/${i.toString(36)}zq/orders/${i}`);
const manyAgents = numbered(
  6000,
  (i) => `Mozilla/5.0 (X11; Linux x86_64; rv:${i}) Gecko Firefox/${i}`,
);

measure('hash, 13 bytes', place(['192.168.10.77', '192.168.99.77']), (start, end) =>
  hash.hash(bytes, start, end),
);
measure('hash, 40 bytes', place(['x'.repeat(40)]), (start, end) => hash.hash(bytes, start, end));
measure('hash, 110 bytes', place(['x'.repeat(110)]), (start, end) => hash.hash(bytes, start, end));

const routes = new RouteTable({ hash, routes: [], ignored: [], safeName: (text) => text });
measure('route, known', paths, (start, end) => slotOf(routes, bytes, start, end));
measure('route, new', manyPaths, (start, end) => slotOf(routes, bytes, start, end));
const agentTable = new AgentTable({ hash, isBot: isbot, ignored: [] });
measure('agent, known', agents, (start, end) => slotOf(agentTable, bytes, start, end));
measure('agent, mostly new', manyAgents, (start, end) => slotOf(agentTable, bytes, start, end));
measure('method', methods, (start, end) => METHODS.find(bytes, start, end));

function measureTop(name: string, spans: Int32Array, slots: number): void {
  const list = new TopList(slots);
  measure(name, spans, (start, end) => {
    const length = Math.min(end - start, 200);
    const low = hash.hash(bytes, start, start + length);
    const slot = list.count(bytes, start, length, low, hash.lanes[1] ?? 0);
    list.addTo(slot, 0, 5);
    return slot;
  });
}
measureTop('hash + top list, known addresses', addresses, 512);
measureTop('hash + top list, known paths', paths, 512);
measureTop('hash + top list, known agents', agents, 256);
measureTop('hash + top list, flood of new paths', manyPaths, 256);

const uniques = new HyperLogLog();
measure('hash of the address + uniques', addresses, (start, end) => {
  const low = hash.hash(bytes, start, end);
  uniques.addMixed(low, hash.lanes[1] ?? 0);
  return low;
});

const shape = { columns: 28, greatest: [9] };
const hitters = new HeavyHitters({ keptMax: 50, candidatesMax: 256, windowS: 60, shape });
const window = hitters.open(0);
measure('route, known, + its row of totals', paths, (start, end) => {
  const route = slotOf(routes, bytes, start, end);
  const slot = hitters.count('-', routes.names[route] ?? '', routes.hashes[route] ?? 0);
  const at = slot < 0 ? window.otherAt('-') : window.rowAt(slot);
  window.values[at] = (window.values[at] ?? 0) + 1;
  return at;
});
measure('route, new, + its row of totals', manyPaths, (start, end) => {
  const route = slotOf(routes, bytes, start, end);
  const slot = hitters.count('-', routes.names[route] ?? '', routes.hashes[route] ?? 0);
  const at = slot < 0 ? window.otherAt('-') : window.rowAt(slot);
  window.values[at] = (window.values[at] ?? 0) + 1;
  return at;
});

const redactor = new Redactor(200, false);
measure('redact, without query', paths, (start, end) => {
  redactor.redact(bytes, start, end);
  return redactor.length;
});
const keeping = new Redactor(200, true);
measure('redact, with query', paths, (start, end) => {
  keeping.redact(bytes, start, end);
  return keeping.length;
});
const masked = new Uint8Array(MASKED_BYTES_MAX);
measure('mask an address', addresses, (start, end) => maskAddress(bytes, start, end, masked));
if (sink === 42) console.log(sink);
