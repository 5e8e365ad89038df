import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../test/support/run-command.ts';
import { PROJECT_ROOT } from '../test/support/project.ts';
import { findTool } from '../test/support/tools.ts';

/** A program that reads the whole log once. */
export interface Contestant {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Lines it says it has read, from its standard output; a measurement of less is no measurement. */
  readonly linesRead: (stdout: string) => number;
}

export interface Line {
  readonly contestants: readonly Contestant[];
  /** Who is missing, and why. */
  readonly missing: readonly string[];
}

/** Who can run here; the meter itself must. */
export async function lineUp(logPath: string): Promise<Line> {
  const main = join(PROJECT_ROOT, 'dist/main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build`);
  const argv = [process.execPath, main, 'backfill', logPath, '--stdout'];
  const env = { HOST_TAG: 'bench', NODE_ENV: 'production' };
  const contestants: Contestant[] = [
    { name: 'nginx-meter', argv, env, linesRead: sumOfLines },
    // The others below count totals as well, and no dimensions.
    { name: 'totals only', argv, env: { ...env, DIMENSION_WINDOW: 'off' }, linesRead: sumOfLines },
    { name: 'wc -l', argv: ['wc', '-l', logPath], env: {}, linesRead: Number.parseInt },
  ];
  const missing: string[] = [];
  const python = await runCommand(['sh', '-c', 'command -v python3']);
  if (python.code === 0) {
    const script = join(PROJECT_ROOT, 'bench/one_regex_per_line.py');
    const linesRead = (stdout: string): number => Number.parseInt(stdout, 10);
    contestants.push({ name: 'python', argv: ['python3', script, logPath], env: {}, linesRead });
  } else {
    missing.push('python: python3 is not installed');
  }
  try {
    contestants.push(await mtail(logPath));
  } catch (failure) {
    missing.push(`mtail: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
  return { contestants, missing };
}

async function mtail(logPath: string): Promise<Contestant> {
  const tool = await findTool('mtail');
  if (tool.kind !== 'local') throw new Error('mtail does not run in a container');
  const program = join(PROJECT_ROOT, 'bench/count.mtail');
  const argv = [tool.path, '--one_shot', '--one_shot_format', 'prometheus'];
  argv.push('--progs', program, '--logs', logPath);
  return {
    name: 'mtail',
    argv,
    env: tool.env,
    linesRead: (stdout) => Number(/^all_lines\{.*\} (\S+)$/m.exec(stdout)?.[1]),
  };
}

/** `lines=` over all points of access_log_lines. */
function sumOfLines(lineProtocol: string): number {
  let lines = 0;
  for (const [, value] of lineProtocol.matchAll(/^access_log_lines,.*[ ,]lines=(\d+)i/gm)) {
    lines += Number(value);
  }
  return lines;
}

/** CPU model for the notice; empty where /proc does not tell. */
export function cpuModel(): string {
  if (!existsSync('/proc/cpuinfo')) return '';
  return /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
}
