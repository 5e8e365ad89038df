import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../test/support/ports.ts';
import { PROJECT_ROOT } from '../test/support/project.ts';
import { findTool } from '../test/support/tools.ts';
import { cpuModel } from './contestants.ts';

/**
 * What following costs: one log at given rates, one write(2) a line as nginx does it, and many quiet
 * logs, the meter beside mtail, each alone. CPU is user and system time of the process over DURATION_S,
 * from /proc; `readings` counts the system calls that read or write, /proc/PID/io.
 *
 * DURATION_S (20), RATES (1,50,200,2000,10000), QUIET (1,100,1000) from the environment; --json FILE for
 * machines; --only meter or mtail.
 */
interface Result {
  readonly name: string;
  readonly scene: string;
  readonly cpuPercent: number;
  readonly rssMb: number;
  /** Memory that is not backed by files, at the end. */
  readonly anonymousMb: number;
  readonly ioCallsPerS: number;
  readonly linesPerS: number;
}

interface Scene {
  readonly name: string;
  readonly logs: number;
  readonly linesPerS: number;
}

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
const seconds = Number(process.env['DURATION_S'] ?? 20);
/** Starting, the first window and what V8 compiles meanwhile are not what following costs. */
const SETTLE_MS = 12_000;
const CLOCK_TICKS_PER_S = 100;
const BATCH_MS = 20;

const scenes: Scene[] = [
  ...numbers('RATES', '1,50,200,2000,10000').map((linesPerS) => ({
    name: `${linesPerS} lines/s`,
    logs: 1,
    linesPerS,
  })),
  ...numbers('QUIET', '1,100,1000').map((logs) => ({
    name: `${logs} quiet logs`,
    logs,
    linesPerS: 0,
  })),
];

async function measureScene(name: string, scene: Scene): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-live-'));
  const logs = Array.from({ length: scene.logs }, (_, i) => join(folder, `site${i}.log`));
  for (const path of logs) writeFileSync(path, line());
  const database = await startSink();
  const child =
    name === 'meter' ? await startMeter(folder, database.port) : await startMtail(folder);
  const [first = ''] = logs;
  const writer = new Writer(first, scene.linesPerS);
  try {
    await delay(SETTLE_MS);
    const pid = child.pid ?? 0;
    const before = usageOf(pid);
    const written = writer.lines;
    await delay(seconds * 1000);
    const after = usageOf(pid);
    return {
      name,
      scene: scene.name,
      cpuPercent: ((after.cpuS - before.cpuS) / seconds) * 100,
      rssMb: after.rssKb / 1024,
      anonymousMb: after.anonymousKb / 1024,
      ioCallsPerS: (after.ioCalls - before.ioCalls) / seconds,
      linesPerS: (writer.lines - written) / seconds,
    };
  } finally {
    writer.stop();
    child.kill('SIGKILL');
    database.server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lines at a rate, one write a line. */
class Writer {
  lines = 0;
  readonly #fd: number;
  readonly #timer: NodeJS.Timeout;

  constructor(path: string, linesPerS: number) {
    this.#fd = openSync(path, 'a');
    const startMs = performance.now();
    const everyMs = Math.max(BATCH_MS, linesPerS > 0 ? 1000 / linesPerS : 1000);
    this.#timer = setInterval(() => {
      const wanted = Math.floor(((performance.now() - startMs) / 1000) * linesPerS);
      for (; this.lines < wanted; this.lines += 1) writeSync(this.#fd, line());
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }
}

function line(): string {
  const at = new Date().toUTCString().slice(5, 25).split(' ');
  const [day, month, year, time] = at;
  const path = Math.floor(Math.random() * 1000);
  return (
    `192.0.2.${path % 250} - - [${day}/${month}/${year}:${time} +0000] "GET /item/${path} HTTP/1.1" ` +
    `200 ${path * 17} "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"\n`
  );
}

/** A database that takes everything. */
async function startSink(): Promise<{ server: Server; port: number }> {
  const port = await freePort();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(204, { 'X-Influxdb-Version': '1.8.10', 'X-Influxdb-Build': 'OSS' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, port };
}

async function startMeter(folder: string, databasePort: number): Promise<ChildProcess> {
  const main = join(PROJECT_ROOT, 'dist/main.js');
  const env = {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    LOG_PATHS: join(folder, '*.log'),
    STATE_DIR: join(folder, 'state'),
    INFLUX_URL: `http://127.0.0.1:${databasePort}`,
    INFLUX_DB: 'bench',
    LISTEN: `127.0.0.1:${await freePort()}`,
    LOG_LEVEL: 'error',
    HOST_TAG: 'bench',
  };
  return spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function startMtail(folder: string): Promise<ChildProcess> {
  const tool = await findTool('mtail');
  if (tool.kind !== 'local') throw new Error('mtail does not run in a container');
  const program = join(PROJECT_ROOT, 'bench/count.mtail');
  const args = ['--progs', program, '--logs', join(folder, '*.log'), '--port'];
  args.push(String(await freePort()), '--address', '127.0.0.1', '--log_dir', folder);
  return spawn(tool.path, args, { env: { ...process.env, ...tool.env }, stdio: 'ignore' });
}

function usageOf(pid: number) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Field 14 and 15 of proc(5), counted behind the name, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const io = readFileSync(`/proc/${pid}/io`, 'latin1');
  const calls = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)?.[1]);
  return {
    cpuS: ticks / CLOCK_TICKS_PER_S,
    rssKb: kb('VmRSS'),
    anonymousKb: kb('RssAnon'),
    ioCalls: calls('syscr') + calls('syscw'),
  };
}

function table(rows: readonly Result[]): string {
  const head =
    '| scene | who | lines/s | % of a core | RSS MB | anonymous MB | reads and writes/s |';
  const body = rows.map((row) => {
    const numbers = [row.linesPerS, row.cpuPercent, row.rssMb, row.anonymousMb, row.ioCallsPerS];
    const [lines, cpu, rss, anonymous, calls] = numbers.map((n) => n.toFixed(n < 10 ? 2 : 0));
    return `| ${row.scene} | ${row.name} | ${lines} | ${cpu} | ${rss} | ${anonymous} | ${calls} |`;
  });
  return [head, '|---|---|---|---|---|---|---|', ...body].join('\n');
}

function numbers(name: string, standard: string): number[] {
  const text = process.env[name] ?? standard;
  return text
    .split(',')
    .filter((part) => part !== '')
    .map(Number);
}

const results: Result[] = [];
for (const scene of scenes) {
  for (const name of ['meter', 'mtail']) {
    if (values.only !== undefined && values.only !== name) continue;
    results.push(await measureScene(name, scene));
  }
}
console.log(table(results));
if (values.json !== undefined) {
  const machine = { cpu: cpuModel(), node: process.version };
  writeFileSync(values.json, `${JSON.stringify({ seconds, machine, results }, null, 2)}\n`);
}
