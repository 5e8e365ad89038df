/**
 * Steady traffic and faults for `MINUTES` (20), on one meter that is never restarted. Prints its resident
 * memory, heap and open descriptors, and fails when they grow, or when a line is missing.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { waitUntil } from '../support/wait-until.ts';
import { growthOf, type Sample } from './torment/growth.ts';
import { InfluxProxy } from './torment/influx-proxy.ts';
import { compareWithInflux, KeptTruth } from './torment/kept-truth.ts';
import { SeededRandom } from './torment/seeded-random.ts';
import { SITE_FORMAT, SITE_PATTERN, TormentedLog } from './torment/tormented-log.ts';
import { Victim } from './torment/victim.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 20);
const SEED = Number(process.env['SEED'] ?? 1);
const SAMPLE_S = 2;
const HEAP_GROWTH_MAX_MB = 2;
const RSS_RATIO_MAX = 1.15;
const DESCRIPTORS_GROWTH_MAX = 2;
const FAULTS = ['503', '429', 'hang', 'cut-reply', 'reset-mid-body', 'refuse', '413'] as const;
const EVENTS = ['rename', 'rename', 'copytruncate', 'influxd', 'stop', ...FAULTS] as const;

interface Scene {
  readonly random: SeededRandom;
  readonly influx: Influx;
  readonly proxy: InfluxProxy;
  readonly log: TormentedLog;
  readonly victim: Victim;
}

const memoryFile = join(mkdtempSync(join(tmpdir(), 'nginx-meter-memory-')), 'heap');

/** Descriptors and resident memory of the meter, from the kernel, and what it says of its heap. */
function sample(pid: number, atS: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssMb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  const heapMb = Number(readFileSync(memoryFile, 'utf8')) / 2 ** 20;
  return { atS, rssMb, heapMb, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

async function disturb({ random, influx, proxy, log, victim }: Scene): Promise<void> {
  const what = random.pick(EVENTS);
  if (what === 'rename') {
    log.rename();
    await delay(200);
    log.reopen();
  } else if (what === 'copytruncate') {
    log.copytruncate();
  } else if (what === 'influxd') {
    await influx.kill();
    await delay(1000);
    await influx.restart();
  } else if (what === 'stop') {
    victim.signal('SIGSTOP');
    await delay(1500);
    victim.signal('SIGCONT');
  } else {
    await proxy.setMode(what);
    await delay(2000);
    await proxy.setMode('pass');
  }
}

/** logrotate keeps so many. */
function forgetOldGenerations({ log }: Scene): void {
  const folder = dirname(log.path);
  for (const name of readdirSync(folder)) {
    if (Number(/\.(\d+)$/.exec(name)?.[1] ?? 0) > 5) rmSync(join(folder, name));
  }
}

async function soak(scene: Scene): Promise<Sample[]> {
  const samples: Sample[] = [];
  const beganMs = performance.now();
  const elapsedS = (): number => (performance.now() - beganMs) / 1000;
  let faults = 0;
  let nextFaultS = 5;
  let nextLineS = 0;
  while (elapsedS() < MINUTES * 60) {
    await delay(SAMPLE_S * 1000);
    scene.victim.assertAlive();
    if (elapsedS() >= nextFaultS) {
      await disturb(scene);
      faults += 1;
      nextFaultS = elapsedS() + 6;
      forgetOldGenerations(scene);
    }
    const now = sample(scene.victim.pid, elapsedS());
    samples.push(now);
    if (now.atS < nextLineS) continue;
    nextLineS += Math.max(20, (MINUTES * 60) / 20);
    const spool = (await scene.victim.metric('spool_bytes').catch(() => undefined)) ?? Number.NaN;
    console.log(
      `${now.atS.toFixed(0).padStart(6)} s ${now.rssMb.toFixed(1).padStart(7)} MB resident ` +
        `${now.heapMb.toFixed(1).padStart(6)} MB heap ` +
        `${String(now.descriptors).padStart(4)} descriptors ${String(spool).padStart(9)} B spool ` +
        `${String(scene.log.truth.lines).padStart(9)} lines ${String(faults).padStart(4)} faults`,
    );
  }
  return samples;
}

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-soak-'));
const influx = await startInflux({ dir: join(folder, 'influx') });
await influx.createDatabase('soak');
const proxy = await InfluxProxy.start(influx.url);
const random = new SeededRandom(SEED);
const path = join(folder, 'logs/access.log');
const log = new TormentedLog({
  path,
  random,
  truth: new KeptTruth(SITE_PATTERN, 1),
  disorderMaxS: 20,
  zoneMinutes: 60,
  linesPerTick: 10,
});
const victim = await Victim.prepare(join(folder, 'meter'), {
  LOG_PATHS: path,
  LOG_FORMAT: SITE_FORMAT,
  WINDOW: '1s',
  LATENESS: '1m',
  INFLUX_URL: proxy.url,
  INFLUX_DB: 'soak',
  MEMORY_FILE: memoryFile,
});
let isRight = false;
try {
  log.start();
  await victim.start();
  const samples = await soak({ random, influx, proxy, log, victim });
  log.stop();
  const growth = growthOf(samples);
  console.log(
    `growth over the second half: heap ${growth.heapMb.toFixed(2)} MB, descriptors ` +
      `${growth.descriptors.toFixed(2)}; highest resident memory of the last quarter: ` +
      `${growth.rssRatio.toFixed(2)} times the highest before`,
  );
  await waitUntil(
    'the meter has read and sent everything',
    async () =>
      (await victim.ready()) &&
      (await victim.metric('unread_bytes')) === 0 &&
      (await victim.metric('spool_records')) === 0,
    { deadlineMs: 120_000 },
  );
  await victim.stop();
  const verdict = await compareWithInflux(log.truth, influx, 'soak', 'access');
  for (const difference of verdict.differences) console.error(difference);
  console.log(
    `${log.truth.lines} lines, ${verdict.lostLines} lost, ${verdict.doubledLines} counted twice`,
  );
  const isFlat =
    growth.heapMb <= HEAP_GROWTH_MAX_MB &&
    growth.rssRatio <= RSS_RATIO_MAX &&
    growth.descriptors <= DESCRIPTORS_GROWTH_MAX;
  if (!isFlat) console.error('It grows.');
  isRight = isFlat && verdict.differences.length === 0;
} finally {
  log.close();
  await victim.kill();
  await proxy.close();
  await influx.kill();
  rmSync(dirname(memoryFile), { recursive: true });
  if (isRight) rmSync(folder, { recursive: true });
  else console.error(`kept for a look: ${folder}`);
}
process.exitCode = isRight ? 0 : 1;
