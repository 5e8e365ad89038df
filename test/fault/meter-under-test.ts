/**
 * The program's entry for the fault tests. Only this file reads these variables; production has none.
 * - `KILL_AT=name:count` ends it with SIGKILL when it comes by that place of the pipeline for the
 *   `count`-th time.
 * - `TRACE_FILE` gets the order of what it writes, syncs, renames and sends.
 * - `MEMORY_FILE` gets, every 2 s, how many bytes of the heap are in use after a collection.
 * - `CLOCK_OFFSET_FILE` holds milliseconds that are added to the wall clock, read at SIGUSR2.
 */
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { traceDurability } from './durability-trace.ts';

const { KILL_AT = '', TRACE_FILE, MEMORY_FILE, CLOCK_OFFSET_FILE } = process.env;
const [wanted, count = '1'] = KILL_AT.split(':');
let left = Number(count);

const note =
  TRACE_FILE === undefined ? undefined : await traceDurability(openSync(TRACE_FILE, 'a'));
// Loaded only now, so that they bind what is traced.
const { runCommand } = await import('../../src/cli/run.ts');
const { loadConfig, readEnvironment } = await import('../../src/config/config.ts');

function killPoint(name: string): void {
  if (name === 'write-before-send') note?.('send');
  if (name !== wanted) return;
  left -= 1;
  if (left > 0) return;
  writeSync(2, `killed at ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

if (MEMORY_FILE !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setInterval(() => {
    collect();
    writeFileSync(MEMORY_FILE, String(process.memoryUsage().heapUsed));
  }, 2000);
  timer.unref();
}

if (CLOCK_OFFSET_FILE !== undefined) {
  const realNow = Date.now.bind(Date);
  let offsetMs = 0;
  const readOffset = (): void => {
    offsetMs = Number(readFileSync(CLOCK_OFFSET_FILE, 'utf8'));
  };
  readOffset();
  process.on('SIGUSR2', readOffset);
  Date.now = () => realNow() + offsetMs;
}

process.exitCode = await runCommand(
  loadConfig(readEnvironment()),
  KILL_AT === '' && note === undefined ? {} : { killPoint },
);
