/**
 * The program's entry with kill points: `KILL_AT=name:count` ends it with SIGKILL when it comes by that
 * place of the pipeline for the `count`-th time. Only this file reads the variable; production has none.
 */
import { writeSync } from 'node:fs';
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

process.exitCode = await runCommand(
  loadConfig(readEnvironment()),
  wanted === '' ? {} : { killPoint },
);
