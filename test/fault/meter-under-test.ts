/**
 * The program's entry for the fault tests. Only this file reads these variables; production has none.
 * - `KILL_AT=name:count` ends it with SIGKILL when it comes by that place of the pipeline for the
 *   `count`-th time.
 * - `CLOCK_OFFSET_FILE` holds milliseconds that are added to the wall clock, read at SIGUSR2.
 */
import { readFileSync, writeSync } from 'node:fs';
import { runCommand } from '../../src/commands/run.ts';
import { loadConfig, readEnvironment } from '../../src/config.ts';

const [wanted = '', count = '1'] = (process.env['KILL_AT'] ?? '').split(':');
let left = Number(count);

function killPoint(name: string): void {
  if (name !== wanted) return;
  left -= 1;
  if (left > 0) return;
  writeSync(2, `killed at ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const offsetFile = process.env['CLOCK_OFFSET_FILE'];
if (offsetFile !== undefined) {
  const realNow = Date.now.bind(Date);
  let offsetMs = 0;
  const readOffset = (): void => {
    offsetMs = Number(readFileSync(offsetFile, 'utf8'));
  };
  readOffset();
  process.on('SIGUSR2', readOffset);
  Date.now = () => realNow() + offsetMs;
}

process.exitCode = await runCommand(
  loadConfig(readEnvironment()),
  wanted === '' ? {} : { killPoint },
);
