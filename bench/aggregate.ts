/**
 * Nanoseconds per record of `LogWindows.add`, for information: nothing fails by these figures.
 * node bench/aggregate.ts
 */
import { LogWindows } from '../src/aggregate/log-windows.ts';
import { FAMILY_SITE, FAMILY_TIME, RecordBatch } from '../src/parse/record-batch.ts';

const ROWS = 4096;
const ROUNDS = 1500;
const START_S = Date.UTC(2026, 0, 2, 12, 0, 0) / 1000;

interface Case {
  readonly name: string;
  readonly sites: number;
  /** Records alternate between so many windows. */
  readonly windows: number;
  readonly hasTime: boolean;
}

const CASES: readonly Case[] = [
  { name: 'one site', sites: 1, windows: 1, hasTime: false },
  { name: 'one site, with times', sites: 1, windows: 1, hasTime: true },
  { name: 'no site', sites: 0, windows: 1, hasTime: false },
  { name: '20 alternating sites, with times', sites: 20, windows: 1, hasTime: true },
  { name: 'two alternating windows, with times', sites: 1, windows: 2, hasTime: true },
  { name: '20 sites and 3 windows, with times', sites: 20, windows: 3, hasTime: true },
  { name: 'a new site in every record', sites: ROWS, windows: 1, hasTime: false },
];

function batchOf({ sites, windows, hasTime }: Case): RecordBatch {
  const batch = new RecordBatch(ROWS);
  const names = Array.from({ length: sites }, (_, i) => Buffer.from(`shop-${i}.example.com`));
  const starts: number[] = [];
  let at = 0;
  for (const name of names) {
    starts.push(at);
    at += name.length;
  }
  batch.bytes = Buffer.concat(names);
  batch.families = (hasTime ? FAMILY_TIME : 0) | (sites > 0 ? FAMILY_SITE : 0);
  batch.length = ROWS;
  for (let i = 0; i < ROWS; i++) {
    const site = sites === 0 ? 0 : i % sites;
    batch.timeS[i] = START_S + (i % windows) * 10 + (i % 9);
    batch.status[i] = i % 10 === 0 ? 404 : 200;
    batch.bytesOut[i] = 1000 + i;
    batch.requestMs[i] = hasTime ? (i * 37) % 5000 : -1;
    batch.lineStart[i] = i * 200;
    batch.lineEnd[i] = i * 200 + 199;
    batch.siteStart[i] = starts[site] ?? 0;
    batch.siteEnd[i] = (starts[site] ?? 0) + (names[site]?.length ?? 0);
  }
  return batch;
}

function measure(one: Case): number {
  const windows = new LogWindows({
    log: 'bench',
    windowS: 10,
    latenessS: 300,
    errorStatusMin: 400,
    sitesMax: 50,
    rewrite: 'always',
  });
  const batch = batchOf(one);
  const nowMs = (START_S + 60) * 1000;
  for (let i = 0; i < ROUNDS / 5; i++) windows.add(batch, 0, batch.length, nowMs, true);
  let best = Infinity;
  for (let run = 0; run < 5; run++) {
    const startMs = performance.now();
    for (let i = 0; i < ROUNDS / 5; i++) windows.add(batch, 0, batch.length, nowMs, true);
    best = Math.min(best, performance.now() - startMs);
  }
  return (best * 1e6) / (ROWS * (ROUNDS / 5));
}

// Every case twice: what the first round has made of the functions is what a running meter has.
for (const one of CASES) measure(one);
for (const one of CASES) {
  console.log(`${measure(one).toFixed(1).padStart(7)} ns/record  ${one.name}`);
}
