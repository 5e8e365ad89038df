import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_ROOT } from '../test/support/project.ts';
import { cpuModel, lineUp, type Contestant } from './contestants.ts';
import { generateLog, type GeneratedLog } from './generated-log.ts';
import { findGauge, measure, type Gauge, type Measurement } from './measure.ts';

/**
 * Whole-pipeline throughput: a generated log through `nginx-meter backfill FILE --stdout`, beside
 * `wc -l`, a Python loop with one regular expression a line, and mtail, all on one core, taking
 * turns, so that a machine that grows slower does so for everybody.
 *
 * LINES (4 000 000), ROUNDS (3) and SEED (1) from the environment; --json for machines;
 * --only NAME,NAME leaves the others out. Where others use the machine at the same time, believe
 * the lines per CPU second rather than those per second.
 */
interface Result {
  readonly name: string;
  readonly linesPerS: number;
  readonly linesPerCpuS: number;
  readonly mbPerS: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly rssMb: number;
  /** Every round's lines per second, in order. */
  readonly rounds: readonly number[];
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const log = generateLog(
  join(PROJECT_ROOT, '.cache/bench'),
  positive('LINES', 4_000_000),
  positive('SEED', 1),
);
const rounds = positive('ROUNDS', 3);
const gauge = await findGauge();
const { contestants, missing } = await lineUp(log.path);
const only = values.only?.split(',');
const runners = contestants.filter(({ name }) => only?.includes(name) ?? true);
const results = race(runners, gauge, log, rounds);
if (values.json) {
  const { lines, bytes } = log;
  const machine = { cpu: cpuModel(), node: process.version, pinned: gauge.pin.length > 0 };
  console.log(JSON.stringify({ lines, bytes, rounds, machine, results, missing }, null, 2));
} else {
  print(results);
}

function race(
  participants: readonly Contestant[],
  by: Gauge,
  input: GeneratedLog,
  times: number,
): Result[] {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-bench-'));
  const all = new Map<Contestant, Measurement[]>(participants.map((one) => [one, []]));
  try {
    for (let round = 1; round <= times; round += 1) {
      for (const [runner, measurements] of all) {
        // Into the page cache, for everybody alike: a host may take pages back that were idle for a
        // minute, which the next one to read them pays for.
        measure(by, ['wc', '-l', input.path], {}, folder);
        const measurement = measure(by, runner.argv, runner.env, folder);
        const linesRead = runner.linesRead(measurement.stdout);
        if (linesRead !== input.lines) {
          throw new Error(`${runner.name} read ${linesRead} of ${input.lines} lines`);
        }
        measurements.push({ ...measurement, stdout: '' });
        console.error(`round ${round}: ${runner.name} ${measurement.wallS.toFixed(2)} s`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [...all].map(([runner, measurements]) => {
    const wallS = median(measurements.map((one) => one.wallS));
    const cpuS = median(measurements.map((one) => one.cpuS));
    return {
      name: runner.name,
      linesPerS: input.lines / wallS,
      linesPerCpuS: input.lines / Math.max(cpuS, 0.01), // the clock of CPU times ticks every 10 ms
      mbPerS: input.bytes / 1e6 / wallS,
      wallS,
      cpuS,
      rssMb: (Math.max(...measurements.map((one) => one.rssKb)) * 1024) / 1e6,
      rounds: measurements.map((one) => input.lines / one.wallS),
    };
  });
}

function print(all: readonly Result[]): void {
  const megabytes = (log.bytes / 1e6).toFixed(0);
  const where = gauge.pin.length > 0 ? 'on one core' : 'on all cores: taskset is missing';
  console.log(`${log.lines} lines, ${megabytes} MB, median of ${rounds} rounds, ${where}`);
  console.log(`${cpuModel()}, Node ${process.version}\n`);
  const own = all[0];
  console.log(
    row(['', 'lines/s', 'per CPU s', 'MB/s', 'wall s', 'CPU s', 'peak MB', 'ratio', 'by CPU']),
  );
  for (const one of all) {
    const ratio = (pick: (result: Result) => number) =>
      own === undefined ? '' : `${(pick(own) / pick(one)).toPrecision(3)} x`;
    const cells = [one.name, one.linesPerS.toFixed(0), one.linesPerCpuS.toFixed(0)];
    cells.push(one.mbPerS.toFixed(1), one.wallS.toFixed(2), one.cpuS.toFixed(2));
    cells.push(
      one.rssMb.toFixed(1),
      ratio((r) => r.linesPerS),
      ratio((r) => r.linesPerCpuS),
    );
    console.log(row(cells));
  }
  console.log(`\nratio: how many times as fast as the one in the row ${own?.name ?? ''} is`);
  for (const reason of missing) console.log(`\nmissing: ${reason}`);
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(11))).join('');
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function positive(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new Error(`${name}=${text} is not a positive whole number`);
  }
  return value;
}
