import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../text/error-code.ts';

/**
 * Finds the nginx master process that this process can signal. That needs one process namespace for
 * both: the same machine, or in Kubernetes `shareProcessNamespace: true`.
 *
 * A pid out of a file is never believed without a look at the process: read in another namespace it
 * is the number of somebody else, perhaps our own.
 */
export type MasterSearch =
  | { readonly pid: number }
  /** A sentence: what is wrong and what to do. */
  | { readonly problem: string };

export interface MasterSearchOptions {
  /** ROTATE_PID_FILE; undefined: nginx's usual one where it exists, else every process is looked at. */
  readonly pidFile: string | undefined;
  /** For tests. */
  readonly usualPidFile?: string;
  readonly procFolder?: string;
  readonly signal?: Signal;
}

/** As process.kill: throws when the signal cannot be sent; 0 only asks whether it could. */
export type Signal = (pid: number, signal: 'SIGUSR1' | 0) => unknown;

const USUAL_PID_FILE = '/var/run/nginx.pid';
/** nginx's own title for it, see ngx_master_process_cycle; the arguments of its start follow. */
const TITLE = 'nginx: master process';

export async function findNginxMaster(options: MasterSearchOptions): Promise<MasterSearch> {
  const { pidFile, usualPidFile = USUAL_PID_FILE, procFolder = '/proc' } = options;
  const { signal = process.kill.bind(process) } = options;
  const path = pidFile ?? usualPidFile;
  const named = await pidIn(path);
  if (named !== undefined && (await isMaster(procFolder, named))) {
    return signalable(named, procFolder, signal);
  }
  if (pidFile !== undefined) return { problem: wrongFile(pidFile, named) };
  const found: number[] = [];
  for (const name of await readdir(procFolder).catch(() => [])) {
    const pid = Number(name);
    if (Number.isInteger(pid) && (await isMaster(procFolder, pid))) found.push(pid);
  }
  const [pid] = found;
  if (pid === undefined) {
    return {
      problem:
        'no nginx master process is to be seen. In Kubernetes set `shareProcessNamespace: true` in the ' +
        'pod; in compose `pid: "service:nginx"`',
    };
  }
  if (found.length > 1) {
    const pids = found.toSorted((a, b) => a - b).join(', ');
    return {
      problem: `there are several nginx master processes (${pids}). Set ROTATE_PID_FILE to the pid file of the one whose log it is`,
    };
  }
  return signalable(pid, procFolder, signal);
}

async function pidIn(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d{1,10}\s*$/.test(text) ? Number(text) : undefined;
}

async function isMaster(procFolder: string, pid: number): Promise<boolean> {
  if (pid === process.pid) return false;
  const line = await readFile(join(procFolder, String(pid), 'cmdline'), 'latin1').catch(() => '');
  return line.startsWith(TITLE);
}

function wrongFile(path: string, pid: number | undefined): string {
  const advice =
    'Where nginx and the meter do not share their processes, no signal can reach it: in Kubernetes ' +
    'set `shareProcessNamespace: true`';
  return pid === undefined
    ? `ROTATE_PID_FILE=${path} holds no pid. Name the file of nginx's \`pid\` directive, on a volume that both mount`
    : `process ${pid}, which ROTATE_PID_FILE=${path} names, is no nginx master here. ${advice}`;
}

async function signalable(pid: number, procFolder: string, signal: Signal): Promise<MasterSearch> {
  try {
    signal(pid, 0);
    return { pid };
  } catch (error) {
    const code = errorCode(error);
    const owner = await stat(join(procFolder, String(pid))).catch(() => undefined);
    const user = owner === undefined ? '' : ` (user ${owner.uid})`;
    return {
      problem:
        `the nginx master process ${pid}${user} cannot be signalled by user ${process.getuid?.()} ` +
        `(${code}). Run the meter as that user, or nginx as the meter's, or give the meter CAP_KILL`,
    };
  }
}
