/**
 * Nanoseconds per line of the parse stage alone, for information: node bench/parse.ts [seconds].
 * Bytes lie in the scanner's read buffer, as they do when files are followed.
 */
import type { LineBatch } from '../src/source/line-batch.ts';
import { createParser } from '../src/parse/parser.ts';
import { PARSED, RecordBatch, recordBatchBytes } from '../src/parse/record-batch.ts';
import { createScanner } from '../src/parse/line/scanner.ts';

const READ_BUFFER_BYTES = 256 * 1024;
const secondsPerFormat = Number(process.argv[2] ?? 1);
const ROWS = 4096;
const SPANS_MAX = ['a', 'b', 'c', 'd', 'e'];
// In the scanner's memory, as in the program: elsewhere the line machine could not write into it.
const scanner = createScanner({
  readBufferBytes: READ_BUFFER_BYTES,
  sharedBytes: recordBatchBytes(ROWS, SPANS_MAX),
});
const { memory, at: roomAt } = scanner.shared;

const HEAD = (i: number) =>
  `203.0.113.${i % 256} - ${i % 50 === 0 ? 'alice' : '-'} [22/Nov/2026:10:${two(i / 600)}:${two(i / 10)} +0000] ` +
  `"GET /api/v1/users/${i * 7919}/orders?page=${i % 9} HTTP/1.1" ${i % 20 === 0 ? 404 : 200} ${100 + ((i * 977) % 90_000)} ` +
  `"https://www.example.com/catalogue/item/${i % 1000}" ` +
  '"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0"';
const UPSTREAM = (i: number) =>
  ` ${300 + (i % 100)} 0.0${10 + (i % 90)} [default-shop-80] [] 10.0.0.${i % 9}:8080 ${i % 5000} 0.0${10 + (i % 80)} 200 ` +
  (i * 7919).toString(16).padStart(32, '0');

const JSON_LINE = (i: number) =>
  `{"time_iso8601":"2026-11-22T10:${two(i / 600)}:${two(i / 10)}+00:00","remote_addr":"203.0.113.${i % 256}",` +
  `"request_method":"GET","request_uri":"/api/v1/users/${i * 7919}/orders?page=${i % 9}","status":${i % 20 === 0 ? 404 : 200},` +
  `"body_bytes_sent":${100 + ((i * 977) % 90_000)},"request_time":0.0${10 + (i % 90)},"host":"www.example.com",` +
  `"http_referer":"https://www.example.com/catalogue/item/${i % 1000}",` +
  '"http_user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}';
const JSON_FORMAT =
  `log_format j escape=json '{"time_iso8601":"$time_iso8601","remote_addr":"$remote_addr",` +
  '"request_method":"$request_method","request_uri":"$request_uri","status":$status,' +
  '"body_bytes_sent":$body_bytes_sent,"request_time":$request_time,"host":"$host",' +
  `"http_referer":"$http_referer","http_user_agent":"$http_user_agent"}';`;
const SPANS = ['request', 'request_method', 'request_uri', 'remote_addr', 'http_user_agent'];

const cases: { format: string; line: (i: number) => string; note?: string; spans?: string[] }[] = [
  { format: 'combined', line: HEAD },
  { format: 'auto', line: HEAD },
  { format: 'ingress-nginx', line: (i: number) => HEAD(i) + UPSTREAM(i) },
  { format: 'json', line: JSON_LINE },
  { format: 'json', line: JSON_LINE, note: ' (spans)', spans: SPANS },
  { format: JSON_FORMAT, line: JSON_LINE, note: 'escape=json (spans)', spans: SPANS },
  { format: 'combined', line: (i: number) => `${HEAD(i)} "one too many"`, note: ' (garbage)' },
  { format: 'auto', line: (i: number) => `${HEAD(i)} rubbish`, note: ' (garbage)' },
];

for (const { format, line, note, spans } of cases) {
  const { batch, lines } = fill(line);
  const into = new RecordBatch(ROWS, spans ?? [], { buffer: memory.buffer, at: roomAt });
  const parser = createParser({ format, scanner });
  let rounds = 0;
  let parsed = 0;
  // The first tenth lets the compiler settle.
  const warmUpEnd = performance.now() + 100 * secondsPerFormat;
  while (performance.now() < warmUpEnd) parser.parse(batch, batch.start, into);
  // The best round is what the code costs; the others were disturbed by the rest of the machine.
  let bestMs = Infinity;
  const end = performance.now() + 900 * secondsPerFormat;
  for (let now = performance.now(); now < end; ) {
    for (let at = batch.start; at < batch.end; at = into.consumedTo) {
      parser.parse(batch, at, into);
      for (let i = 0; i < into.length; i++) if (into.reason[i] === PARSED) parsed++;
    }
    rounds++;
    const then = performance.now();
    bestMs = Math.min(bestMs, then - now);
    now = then;
  }
  const ns = (1e6 * bestMs) / lines;
  const bytesPerLine = batch.end / lines;
  console.log(
    `${((format === JSON_FORMAT ? '' : format) + (note ?? '')).padEnd(22)} ${ns.toFixed(0).padStart(5)} ns/line ` +
      `${bytesPerLine.toFixed(0)} bytes/line, ${((bytesPerLine / ns) * 1e3).toFixed(0)} MB/s, ` +
      `${((100 * parsed) / (rounds * lines)).toFixed(0)} % parsed`,
  );
}

const { batch, lines } = fill(HEAD);
let bestScanMs = Infinity;
for (let round = 0; round < 1000 * secondsPerFormat; round++) {
  const begin = performance.now();
  for (let at = 0; at < batch.end; ) {
    const found = scanner.scan(batch.bytes, at, batch.end, 256);
    at = (scanner.lines[2 * found - 2] ?? 0) + 1;
  }
  bestScanMs = Math.min(bestScanMs, performance.now() - begin);
}
console.log(
  `scan alone             ${((1e6 * bestScanMs) / lines).toFixed(0).padStart(5)} ns/line`,
);

function fill(line: (i: number) => string): { batch: LineBatch; lines: number } {
  const bytes = scanner.readBuffer;
  let end = 0;
  let lines = 0;
  for (let i = 0; ; i++) {
    const next = Buffer.from(`${line(i)}\n`);
    if (end + next.length > bytes.length) break;
    bytes.set(next, end);
    end += next.length;
    lines++;
  }
  const nothing = { overlongLines: 0, overlongBytes: 0, before: false, headLost: false };
  return { batch: { log: 'bench', path: 'bench', bytes, start: 0, end, ...nothing }, lines };
}

function two(value: number): string {
  return String(Math.floor(value) % 60).padStart(2, '0');
}
