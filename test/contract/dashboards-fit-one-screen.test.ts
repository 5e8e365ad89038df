import assert from 'node:assert/strict';
import { test } from 'node:test';
import { panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import { committedDashboards, type Json } from '../support/committed-dashboards.ts';
import { picked } from '../support/grafana-query.ts';

const BOARDS = committedDashboards();
const OVERVIEW = BOARDS.find(({ uid }) => uid === 'nginx-overview');

/** Rows of 30 px and gaps of 8 px that a screen of 1000 px has below Grafana's own bars. */
const SCREEN_ROWS = 22;
const FIRST_QUERIES = 12;
const ALL_QUERIES = 20;

function queriesOf(panels: readonly Json[]): number {
  return panels.flatMap(({ targets }) => targets ?? []).length;
}

test('the overview opens with one screen and at most twelve queries', () => {
  const open = (OVERVIEW?.panels ?? []).filter(({ type }) => type !== 'row');
  assert.ok(open.length >= 8);
  assert.ok(queriesOf(open) <= FIRST_QUERIES, `${queriesOf(open)} queries`);
  const bottoms = open.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0));
  assert.ok(Math.max(...bottoms) <= SCREEN_ROWS, `${Math.max(...bottoms)} rows`);
});

test('the overview asks at most twenty queries with all of its rows opened', () => {
  const all = queriesOf(OVERVIEW === undefined ? [] : panelsOf(OVERVIEW));
  assert.ok(all > FIRST_QUERIES && all <= ALL_QUERIES, `${all} queries`);
});

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

function resolutionOf(rangeMs: number, policies?: readonly string[]): string[] {
  const variables = OVERVIEW?.templating.list ?? [];
  const variable = variables.find(({ name }) => name === 'rp');
  assert.ok(variable !== undefined);
  return picked(variable, { fromMs: 0, toMs: rangeMs }, variables, policies);
}

test('the resolution follows the range', () => {
  for (const [rangeMs, policy] of [
    [MINUTE_MS, 'autogen'],
    [15 * MINUTE_MS, 'autogen'],
    [DAY_MS, 'autogen'],
    [2 * DAY_MS, 'rollup_5m'],
    [7 * DAY_MS, 'rollup_5m'],
    [30 * DAY_MS, 'rollup_5m'],
    [90 * DAY_MS, 'rollup_1h'],
    [365 * DAY_MS, 'rollup_1h'],
  ] as const)
    assert.deepEqual(resolutionOf(rangeMs), [policy], `${rangeMs / DAY_MS} days`);
});

test('a database without rollups is read at its raw points', () => {
  assert.deepEqual(resolutionOf(7 * DAY_MS, ['autogen']), []);
  assert.deepEqual(resolutionOf(DAY_MS, ['autogen', 'monitor']), ['autogen']);
});

test('no panel asks for buckets that are shorter than the points it reads', () => {
  const shortestMs = { rollup_5m: 25 * 60 * MINUTE_MS, rollup_1h: 60 * DAY_MS };
  for (const board of BOARDS)
    for (const panel of panelsOf(board)) {
      if (!panel.targets?.some(({ query }) => query?.includes('${__interval}') === true)) continue;
      const points = panel.maxDataPoints ?? Number.NaN;
      assert.ok(shortestMs.rollup_5m / points >= 5 * MINUTE_MS, `${board.title} / ${panel.title}`);
      assert.ok(shortestMs.rollup_1h / points >= 60 * MINUTE_MS, `${board.title} / ${panel.title}`);
    }
});
