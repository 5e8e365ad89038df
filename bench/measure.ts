import { closeSync, openSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runCommand } from '../test/support/run-command.ts';

export interface Measurement {
  readonly wallS: number;
  readonly cpuS: number;
  /** Peak resident set of the process, kB, as the kernel reports it when the process has ended. */
  readonly rssKb: number;
  readonly stdout: string;
}

/** How this machine can measure: what to put before a command. */
export interface Gauge {
  /** Keeps the command on one core; empty where taskset is missing. */
  readonly pin: readonly string[];
  readonly timer: 'gnu-time' | 'python3';
}

/**
 * The peak is ru_maxrss of wait4(), exact where polling /proc is not. The kernel counts the image
 * before exec() as well, so the command is started by something smaller than itself: GNU time, or
 * else a small Python program; never directly by this process.
 */
const PYTHON_TIMER = `
import os, sys, time
start = time.monotonic()
pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - start
with open(sys.argv[1], "w") as out:
    out.write("%.3f %.3f %.3f %d" % (wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
`;

export async function findGauge(): Promise<Gauge> {
  const taskset = await runCommand(['sh', '-c', 'command -v taskset && taskset -c 0 true']);
  const pin = taskset.code === 0 ? ['taskset', '-c', '0'] : [];
  const gnu = await runCommand(['sh', '-c', '/usr/bin/time -f %M -o /dev/null true']);
  if (gnu.code === 0) return { pin, timer: 'gnu-time' };
  const python = await runCommand(['sh', '-c', 'command -v python3']);
  if (python.code === 0) return { pin, timer: 'python3' };
  throw new Error('neither GNU time (/usr/bin/time) nor python3 is here to measure with');
}

/** Runs the command to its end, standard output into a file of `folder`. */
export function measure(
  gauge: Gauge,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  folder: string,
): Measurement {
  const figures = join(folder, 'figures');
  const output = join(folder, 'stdout');
  const timer =
    gauge.timer === 'gnu-time'
      ? ['/usr/bin/time', '-f', '%e %U %S %M', '-o', figures]
      : ['python3', '-c', PYTHON_TIMER, figures];
  const [file = '', ...args] = [...timer, ...gauge.pin, ...argv];
  const out = openSync(output, 'w');
  const start = performance.now();
  const run = spawnSync(file, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', out, 'pipe'],
    maxBuffer: 1 << 26,
  });
  const wallS = (performance.now() - start) / 1000;
  closeSync(out);
  if (run.status !== 0) {
    const reason = run.error?.message ?? run.stderr.toString().slice(-2000);
    throw new Error(`${argv.join(' ')}: exit ${String(run.status)}\n${reason}`);
  }
  const [, userS = 0, systemS = 0, rssKb = 0] = readFileSync(figures, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  return { wallS, cpuS: userS + systemS, rssKb, stdout: readFileSync(output, 'utf8') };
}
