import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parse } from 'dotenv';
import { backfillCommand } from '../../src/cli/backfill.ts';
import { loadConfig } from '../../src/config/config.ts';
import { MEASUREMENTS } from '../../src/points/schema.ts';
import {
  COMBINED_PATTERN,
  countIndependently,
  type WindowTruth,
} from '../support/independent-count.ts';
import { decodeLines, type DecodedPoint } from '../support/line-protocol-decoder.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { WrittenText } from '../support/written-text.ts';

/**
 * One folder per case: the log (`access.log`, or the files that GOLDEN_FILES names, in the order
 * given to the command), `config.env` with the settings, and `expected.lp`, the very bytes that
 * `backfill --stdout` writes. `UPDATE_GOLDEN=1 node --test test/golden/golden.test.ts` rewrites them.
 *
 * Because a program may not be its own witness, every case is also held against one of these:
 * - GOLDEN_PATTERN: a name of PATTERNS below; the lines are counted with it, window by window and
 *   site by site, and lines that it does not match must be the unparsed ones;
 * - GOLDEN_TOTALS: `name=number …`, counted by hand; sums over all points, fields of `access_log` as
 *   they are called (of one site with its name before them, `a.example/count`), of
 *   `access_log_lines` with `agent.` before them;
 * - GOLDEN_COUNTS, besides: requests of one route, upstream, property or key, also counted by hand,
 *   `route//users/:id=2 upstream/10.0.0.1:80=1 by/method/GET=3 top/ip/192.0.2.1=4`.
 */

const FOLDER = join(PROJECT_ROOT, 'test/golden');

const COMBINED = COMBINED_PATTERN.source.slice(0, -1);
const MAIN = `${COMBINED} "[^"]*"`;
const RT = '(?<rt>[0-9]+\\.[0-9]{3}|-)';
const PATTERNS: Readonly<Record<string, RegExp>> = {
  combined: COMBINED_PATTERN,
  'combined-time': new RegExp(`${COMBINED} ${RT}$`),
  main: new RegExp(`${MAIN}$`),
  'main-times': new RegExp(`${MAIN} rt=${RT} uct="[^"]*" uht="[^"]*" urt="[^"]*"$`),
  'ingress-nginx': new RegExp(
    `${COMBINED} (?<len>\\d+) ${RT} \\[[^\\]]*\\] \\[[^\\]]*\\] .* [0-9a-f]{32}$`,
  ),
  site: /^(?<site>\S+) \S+ \[(?<time>[^\]]+)\] "[^"]*" (?<status>\d{3}) (?<bytes>\d+) (?<rt>[0-9.]+) .*$/,
};

interface Case {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly pattern: RegExp | undefined;
  readonly totals: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, number>;
}

function readCase(name: string): Case {
  const folder = join(FOLDER, name);
  const all = parse(readFileSync(join(folder, 'config.env')));
  const settings = Object.entries(all).filter(([key]) => !key.startsWith('GOLDEN_'));
  const patternName = all['GOLDEN_PATTERN'];
  const pattern = patternName === undefined ? undefined : PATTERNS[patternName];
  const totals = partsOf(all['GOLDEN_TOTALS']);
  assert.ok(patternName === undefined || pattern !== undefined, `no pattern ${patternName}`);
  assert.ok(pattern !== undefined || totals.length > 0, `${name} has nothing to be held against`);
  return {
    name,
    folder,
    files: (all['GOLDEN_FILES'] ?? 'access.log').split(' '),
    settings: { HOST_TAG: 'golden', ...Object.fromEntries(settings) },
    pattern,
    totals: new Map(totals.map(splitAtEquals)),
    counts: new Map(partsOf(all['GOLDEN_COUNTS']).map(splitAtEquals)),
  };
}

function partsOf(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((part) => part !== '');
}

function splitAtEquals(part: string): [name: string, value: number] {
  const at = part.lastIndexOf('=');
  return [part.slice(0, at), Number(part.slice(at + 1))];
}

/** In this process: what the program does around the command is held by test/cli. */
async function backfill({ folder, files, settings }: Case): Promise<string> {
  const { GEOIP_DB: countries } = settings;
  const config = loadConfig({
    ...settings,
    ...(countries === undefined ? {} : { GEOIP_DB: join(folder, countries) }),
  });
  const [stdout, stderr] = [new WrittenText(), new WrittenText()];
  const paths = files.map((file) => join(folder, file));
  const code = await backfillCommand({ files: paths, stdout: true, maxUnparsed: 1 }, config, { stdout, stderr });
  assert.equal(code, 0, stderr.text);
  return stdout.text;
}

const own = (point: DecodedPoint, name: string): number => {
  const value = point.fields.find(([field]) => field === name)?.[1];
  return value === undefined || value.type === 'string' ? 0 : Number(value.value);
};
const tagOf = (point: DecodedPoint, name: string): string =>
  point.tags.find(([tag]) => tag === name)?.[1] ?? '';

function assertFollowsSchema(point: DecodedPoint, extraTags: readonly string[]): void {
  const schema = MEASUREMENTS.find((one) => one.name === point.measurement);
  assert.ok(schema, `the schema has no ${point.measurement}`);
  const tags = point.tags.map(([name]) => name);
  assert.deepEqual(
    tags.toSorted(),
    [...schema.tags.map((tag) => tag.name), ...extraTags].toSorted(),
    point.seriesKey,
  );
  const names = new Set(point.fields.map(([name]) => name));
  // A family is there as a whole or not at all.
  const expected = schema.fields.filter(
    ({ family }) =>
      family === undefined ||
      names.has(schema.fields.find((field) => field.family === family)?.name ?? ''),
  );
  assert.deepEqual(
    point.fields.map(([name, value]) => [name, value.type]),
    expected.map((field) => [field.name, field.type]),
    point.seriesKey,
  );
}

/** Equations within one point. */
function assertAddsUp(point: DecodedPoint): void {
  const sum = (names: readonly string[]) =>
    names.reduce((total, name) => total + own(point, name), 0);
  if (point.measurement === 'access_log_lines') {
    assert.equal(own(point, 'lines'), sum(['counted', 'unparsed', 'late', 'filtered']));
    return;
  }
  const bins = point.fields.filter(([name]) => name.startsWith('b_')).map(([name]) => name);
  assert.equal(sum(bins), own(point, 'rt_count'));
  if (point.measurement !== 'access_log') {
    assert.ok(own(point, 'errors') <= own(point, 'count'), point.seriesKey);
    return;
  }
  assert.equal(own(point, 'count'), sum(['c1xx', 'c2xx', 'c3xx', 'c4xx', 'c5xx']));
  const rate = own(point, 'count') === 0 ? 0 : own(point, 'errors') / own(point, 'count');
  assert.equal(own(point, 'error_rate'), Number(rate.toPrecision(6)));
}

/** Sums over every dimension that is there are the totals, site by site. */
function assertDimensionsAddUp(points: readonly DecodedPoint[]): void {
  const totals = points.filter(({ measurement }) => measurement === 'access_log');
  const sumOf = (some: readonly DecodedPoint[], field: string) =>
    some.reduce((sum, point) => sum + own(point, field), 0);
  const parts = points.filter(
    ({ measurement }) => measurement === 'access_log_route' || measurement === 'access_log_by',
  );
  const dimensionOf = (point: DecodedPoint) => `${point.measurement} ${tagOf(point, 'dim')}`;
  for (const dimension of new Set(parts.map(dimensionOf))) {
    const members = parts.filter((point) => dimensionOf(point) === dimension);
    const fields = (members[0]?.fields ?? [])
      .map(([name]) => name)
      .filter((name) => !name.startsWith('b_') && name !== 'rt_max');
    for (const site of new Set(members.map((point) => tagOf(point, 'site')))) {
      const isOfSite = (point: DecodedPoint) => tagOf(point, 'site') === site;
      for (const field of fields) {
        const label = `${dimension}, ${field} of ${site}`;
        const part = sumOf(members.filter(isOfSite), field);
        assert.equal(part, sumOf(totals.filter(isOfSite), field), label);
      }
    }
  }
}

const COMPARED = [
  'count',
  'traffic',
  'errors',
  'c1xx',
  'c2xx',
  'c3xx',
  'c4xx',
  'c5xx',
  'c499',
  'bytes_in',
  'rt_count',
  'rt_sum',
  'rt_max',
] as const satisfies readonly (keyof WindowTruth)[];

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

function linesOf({ folder, files }: Case): string[] {
  return files.flatMap((file) => {
    const bytes = readFileSync(join(folder, file));
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    return (text.endsWith('\n') ? text.slice(0, -1) : text)
      .split('\n')
      .map((line) => line.replace(/\r$/, ''));
  });
}

function assertSameAsCounted(points: readonly DecodedPoint[], one: Case, pattern: RegExp): void {
  const { WINDOW: window = '10s', ERROR_STATUS_MIN: errorStatusMin = '400' } = one.settings;
  const truth = countIndependently(linesOf(one), pattern, {
    windowS: Number(window.slice(0, -1)) * (UNIT_S[window.slice(-1)] ?? Number.NaN),
    errorStatusMin: Number(errorStatusMin),
  });
  assert.ok(truth.windows.length > 0);
  const actual = points
    .filter((point) => point.measurement === 'access_log' && own(point, 'count') > 0)
    .map((point) => [
      Number(point.timestamp),
      tagOf(point, 'site'),
      ...COMPARED.map((name) => own(point, name)),
    ]);
  const expected = truth.windows.map((w) => [w.startS, w.site, ...COMPARED.map((name) => w[name])]);
  assert.deepEqual(actual, expected);
  assert.equal(total(points, 'agent.unparsed'), truth.unparsed.length);
}

/** Sum of a field over all points: `agent.lines` of the accounts, `a.example/count` of one site. */
function total(points: readonly DecodedPoint[], name: string): number {
  const [, site, isAgent, field = ''] = /^(?:(.*)\/)?(agent\.)?(\w+)$/.exec(name) ?? [];
  const measurement = isAgent === undefined ? 'access_log' : 'access_log_lines';
  assert.ok(
    MEASUREMENTS.some((m) => m.fields.some((f) => f.name === field)),
    `no field ${name}`,
  );
  return points
    .filter((point) => point.measurement === measurement)
    .filter((point) => site === undefined || tagOf(point, 'site') === site)
    .reduce((sum, point) => sum + own(point, field), 0);
}

/** Requests of what a name of GOLDEN_COUNTS means. */
function countOf(points: readonly DecodedPoint[], name: string): number {
  const [, kind = '', rest = ''] = /^(\w+)\/(.*)$/.exec(name) ?? [];
  const keyOf = (point: DecodedPoint) => {
    const key = point.fields.find(([field]) => field === 'key')?.[1].value;
    return kind === 'by' || kind === 'top'
      ? `${tagOf(point, 'dim')}/${kind === 'top' ? String(key) : tagOf(point, 'value')}`
      : tagOf(point, kind);
  };
  return points
    .filter((point) => point.measurement === `access_log_${kind}` && keyOf(point) === rest)
    .reduce((sum, point) => sum + own(point, 'count'), 0);
}

suite('golden', () => {
  const names = readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  for (const name of names) {
    test(name, async () => {
      const one = readCase(name);
      const before = readdirSync(one.folder);
      const text = await backfill(one);
      const path = join(one.folder, 'expected.lp');
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
      else assert.equal(text, readFileSync(path, 'utf8'));
      assert.equal(await backfill(one), text, 'another run wrote other bytes');
      if (process.env['UPDATE_GOLDEN'] !== '1') assert.deepEqual(readdirSync(one.folder), before);

      const points = decodeLines(Buffer.from(text));
      const extraTags = (one.settings['TAGS'] ?? '').split(',').filter((tag) => tag !== '');
      for (const point of points) {
        assertFollowsSchema(
          point,
          extraTags.map((tag) => tag.split('=')[0] ?? ''),
        );
        assertAddsUp(point);
      }
      assertDimensionsAddUp(points);
      const keys = points.map((point) => `${point.timestamp} ${point.seriesKey}`);
      assert.equal(new Set(keys).size, keys.length, 'a point was written twice');
      assert.equal(total(points, 'agent.lines'), linesOf(one).length);
      assert.equal(total(points, 'agent.counted'), total(points, 'count'));
      if (one.pattern !== undefined) assertSameAsCounted(points, one, one.pattern);
      for (const [field, value] of one.totals) assert.equal(total(points, field), value, field);
      for (const [name, value] of one.counts) assert.equal(countOf(points, name), value, name);
    });
  }
});
