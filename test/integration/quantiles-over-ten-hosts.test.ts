import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { quantileQuery, USUAL_QUANTILES } from '../../scripts/dashboards/quantile.ts';
import { COARSE_LATENCY_BOUNDS_MS } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import { runMeter } from '../support/cli.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { exactQuantile } from '../support/known-values.ts';
import { Dice } from '../support/made-requests.ts';

/**
 * Ten hosts with a meter each, their points in one real InfluxDB, and the query of the dashboards over
 * all of them: how far its percentiles are from those of all requests.
 */
const DATABASE = 'quantiles';
const HOSTS = 10;
const LINES = 5000;
const SECONDS = 600;
const START_S = Date.UTC(2026, 10, 22, 10) / 1000;
const ERROR_MAX = 0.025;
/** Bins that double leave more room. */
const COARSE_ERROR_MAX = 0.08;

/** Two of the sum of twelve: near enough to a normal distribution, and without a logarithm of zero. */
function normal(dice: Dice): number {
  return Array.from({ length: 12 }, () => dice.next()).reduce((sum, x) => sum + x, -6);
}

/** Milliseconds. Hosts differ in speed, so that no host has the percentiles of all. */
const DISTRIBUTIONS: Readonly<Record<string, (dice: Dice, speed: number) => number>> = {
  'log-normal': (dice, speed) => 80 * speed * Math.exp(0.9 * normal(dice)),
  // Answers from a cache, and from a database: the median lies in one, the others in the other.
  bimodal: (dice, speed) =>
    dice.next() < 0.8
      ? 30 * speed * Math.exp(0.25 * normal(dice))
      : 900 * speed * Math.exp(0.3 * normal(dice)),
  'heavy-tailed': (dice, speed) => 25 * speed * (1 - dice.next()) ** (-1 / 1.1),
};

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
const timesOf = new Map<string, number[]>(Object.keys(DISTRIBUTIONS).map((name) => [name, []]));
let influx: Influx;

before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
  await influx.createDatabase(DATABASE);
  for (let host = 1; host <= HOSTS; host++) {
    const dir = join(folder, `web-${host}`);
    mkdirSync(dir);
    const files = Object.entries(DISTRIBUTIONS).map(([name, make]) => {
      const lines = linesOf(name, new Dice(100 * host), (dice) => make(dice, 0.75 + host / 20));
      writeFileSync(join(dir, `${name}.log`), lines);
      return `${name}.log`;
    });
    const done = await runMeter(['backfill', ...files], {
      cwd: dir,
      env: { INFLUX_URL: influx.url, INFLUX_DB: DATABASE, HOST_TAG: `web-${host}` },
    });
    assert.equal(done.code, 0, done.output);
  }
});

after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

/** Lines of combined and $request_time; the times are kept, in ms. */
function linesOf(name: string, dice: Dice, make: (dice: Dice) => number): string {
  let text = '';
  for (let i = 0; i < LINES; i++) {
    const ms = Math.floor(make(dice));
    timesOf.get(name)?.push(ms);
    const at = new Date(1000 * (START_S + Math.floor((i * SECONDS) / LINES))).toISOString();
    text +=
      `192.0.2.1 - - [22/Nov/2026:${at.slice(11, 19)} +0000] "GET / HTTP/1.1" 200 1 "-" "-" ` +
      `${(ms / 1000).toFixed(3)}\n`;
  }
  return text;
}

const RANGE = `time >= ${START_S}s AND time < ${START_S + SECONDS}s`;

async function percentiles(measurement: string, boundsMs: readonly number[], log: string) {
  const [row] = await influx.rows(
    quantileQuery({
      quantiles: USUAL_QUANTILES,
      boundsMs,
      measurement: `"${measurement}"`,
      selection: `"log" = '${log}'`,
      range: RANGE,
    }),
    DATABASE,
  );
  return row ?? {};
}

for (const name of Object.keys(DISTRIBUTIONS)) {
  test(`${name}: percentiles over ten hosts, and sum and greatest of the times`, async (t) => {
    const times = timesOf.get(name) ?? [];
    const sums = await influx.rows(
      `SELECT sum("rt_count") AS n, sum("rt_sum") AS ms, max("rt_max") AS top ` +
        `FROM "access_log" WHERE "log" = '${name}' AND ${RANGE}`,
      DATABASE,
    );
    assert.equal(sums[0]?.['n'], HOSTS * LINES);
    assert.equal(
      sums[0]['ms'],
      times.reduce((sum, ms) => sum + ms, 0),
    );
    assert.equal(
      sums[0]['top'],
      times.reduce((most, ms) => Math.max(most, ms), 0),
    );

    for (const [measurement, boundsMs, errorMax] of [
      ['access_log', LATENCY_BOUNDS_MS, ERROR_MAX],
      ['access_log_route', COARSE_LATENCY_BOUNDS_MS, COARSE_ERROR_MAX],
    ] as const) {
      const found = await percentiles(measurement, boundsMs, name);
      for (const { q, name: column } of USUAL_QUANTILES) {
        const exact = exactQuantile(times, q);
        const error = Number(found[column]) / exact - 1;
        t.diagnostic(
          `${measurement} ${column}: exactly ${exact} ms, ${(100 * error).toFixed(2)} %`,
        );
        assert.ok(Math.abs(error) <= errorMax, `${column} is ${String(found[column])}`);
      }
    }
  });
}
