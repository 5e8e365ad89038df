import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type LintDashboard, panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import type { LintPanel } from '../../scripts/dashboard-lint/lint-panels.ts';
import { committedDashboards } from './committed-dashboards.ts';
import {
  DATABASE,
  dashboardDatabase,
  type KnownTraffic,
  twoKnownHours,
} from './dashboard-database.ts';
import { dashboardQuery, type QueryOptions, type View } from './grafana-query.ts';
import type { Influx, InfluxRow } from './influxdb.ts';
import type { KnownRequest } from './known-traffic.ts';

export const BOARDS = new Map(committedDashboards().map((board) => [board.uid, board]));
export const POLICIES = ['autogen', 'rollup_5m', 'rollup_1h'] as const;
export function board(uid: string): LintDashboard {
  const found = BOARDS.get(uid);
  if (found === undefined) throw new Error(`no dashboard ${uid}`);
  return found;
}

export function panel(id: number): { panel: LintPanel; owner: LintDashboard } {
  for (const owner of BOARDS.values())
    for (const one of panelsOf(owner)) if (one.id === id) return { panel: one, owner };
  throw new Error(`no panel ${id}`);
}

/** Reads panels as Grafana would at one range and selection. */
export class DashboardReader {
  readonly #influx: Influx;
  readonly view: View;

  constructor(influx: Influx, view: View) {
    this.#influx = influx;
    this.view = view;
  }

  with(change: Partial<View>): DashboardReader {
    return new DashboardReader(this.#influx, { ...this.view, ...change });
  }

  async text(
    query: string,
    owner: LintDashboard,
    options: QueryOptions = {},
  ): Promise<InfluxRow[]> {
    const { influxql } = dashboardQuery(query, this.view, owner.templating.list, options);
    return this.#influx.rows(influxql, DATABASE);
  }

  /** Rows of one query of a panel; queries are counted from 0. */
  async panel(id: number, query = 0): Promise<InfluxRow[]> {
    const { panel: one, owner } = panel(id);
    return this.text(one.targets?.[query]?.query ?? '', owner, one);
  }

  /** The only row of a panel's query. */
  async row(id: number, query = 0): Promise<InfluxRow> {
    const rows = await this.panel(id, query);
    assert.equal(rows.length, 1, `panel ${id}`);
    return rows[0]!;
  }
}

/** Within a relative tolerance of the truth. */
export function near(actual: unknown, expected: number, tolerance: number, what: string): void {
  assert.ok(
    typeof actual === 'number' &&
      Math.abs(actual - expected) <= tolerance * Math.abs(expected) + 1e-9,
    `${what}: ${String(actual)} where ${expected} is true`,
  );
}

/** The hour's requests, of all hosts. */
export function hourOf(traffic: KnownTraffic, shiftS = 0): KnownRequest[] {
  const { fromS, toS } = traffic;
  return traffic.requests.filter(({ timeS }) => timeS >= fromS - shiftS && timeS < toS - shiftS);
}

export function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

export const times = (requests: readonly KnownRequest[]) => requests.map(({ ms }) => ms);
export const failed = ({ status }: KnownRequest) => status >= 400;
export const inClass = (hundreds: number) => (one: KnownRequest) =>
  Math.floor(one.status / 100) === hundreds;

/** A real InfluxDB with known traffic, and a reader that looks at the later of its two hours. */
export async function knownHour(t: TestContext) {
  const traffic = twoKnownHours();
  const influx = await dashboardDatabase(t, traffic);
  const reader = new DashboardReader(influx, {
    fromMs: traffic.fromS * 1000,
    toMs: traffic.toS * 1000 - 1,
  });
  const hour = hourOf(traffic);
  assert.ok(hour.length > 3000);
  return { influx, traffic, reader, hour, seconds: traffic.toS - traffic.fromS };
}
