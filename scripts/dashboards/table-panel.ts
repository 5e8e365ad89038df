/** Tables: columns with units, thresholds, bars and links, all of them in sight at 1280 px. */
import type { DataTransformerConfig } from '@grafana/schema';
import { CHANGE, ERROR_RATIO, LATENCY, type Step, thresholds } from './palette.ts';
import { type Link, type Look, panel, type PlacedLater, type Query } from './panel.ts';

export interface Column {
  /** As the query names it. */
  readonly field: string;
  readonly title?: string;
  readonly unit?: string;
  readonly decimals?: number;
  /** In pixels. The column without one, mostly a text, takes what is left. */
  readonly width?: number;
  readonly steps?: readonly Step[];
  /** Draws a bar in the cell. */
  readonly isBar?: boolean;
  readonly link?: Link;
}

export interface TableLook extends Look {
  readonly columns: readonly Column[];
  /** Title of the column to sort by, largest first. */
  readonly sortBy: string;
  /** Keeps the column `Time`: of a single `last()` it is the time of the last point. */
  readonly keepTime?: boolean;
  /** Adds up the rows that have this column in common. */
  readonly sumBy?: string;
  /** A column that is one column over another. */
  readonly quotient?: { readonly of: string; readonly over: string; readonly name: string };
}

/** The columns that several tables have. */
export const COLUMNS = {
  requests: { field: 'requests', unit: 'short', width: 110, isBar: true },
  perSecond: { field: 'req/s', unit: 'reqps', decimals: 1, width: 90 },
  change: { field: 'vs 1 d', unit: 'suffix:×', decimals: 1, steps: CHANGE, width: 70 },
  failed: { field: '5xx', unit: 'short', width: 80, isBar: true },
  failedRatio: { field: '5xx %', unit: 'percentunit', decimals: 2, steps: ERROR_RATIO, width: 75 },
  refused: { field: '4xx', unit: 'short', width: 65 },
  refusedRatio: { field: '4xx %', unit: 'percentunit', decimals: 1, width: 70 },
  retries: { field: 'retries', unit: 'short', width: 70 },
  consumed: { field: 'time consumed', unit: 'ms', decimals: 1, width: 115 },
  mean: { field: 'mean', unit: 'ms', decimals: 0, width: 80 },
  p95: { field: 'p95', unit: 'ms', decimals: 0, steps: LATENCY, width: 80 },
  max: { field: 'max', unit: 'ms', decimals: 0, width: 80 },
  bytes: { field: 'bytes', unit: 'bytes', width: 85 },
} as const satisfies Record<string, Column>;

function cellType(column: Column) {
  if (column.isBar === true) return { type: 'gauge', mode: 'basic' };
  return column.steps === undefined ? undefined : { type: 'color-text' };
}

function columnProperties(column: Column): Record<string, unknown> {
  const { unit, decimals, width, steps, link } = column;
  const properties = {
    unit,
    decimals,
    // That of the panel is about the whole table, and would stand in every empty cell.
    noValue: unit && '-',
    'custom.width': width,
    // Without its own colour mode an override's thresholds have no effect.
    ...(steps && { thresholds: thresholds(steps), color: { mode: 'thresholds' } }),
    'custom.cellOptions': cellType(column),
    // A bar in a cell needs a zero to start from.
    ...(column.isBar === true && { min: 0 }),
    links: link && [{ ...link, targetBlank: false }],
  };
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

function organize(
  exclude: readonly string[],
  index: Record<string, number> = {},
  rename: Record<string, string> = {},
): DataTransformerConfig {
  const excludeByName = Object.fromEntries(exclude.map((name) => [name, true]));
  return { id: 'organize', options: { excludeByName, indexByName: index, renameByName: rename } };
}

/**
 * The queries' rows, joined by the tags they have in common. `Time` goes first: an aggregate without
 * `GROUP BY time` has the range's start as its time, one through a subquery has 0, and rows that differ
 * in it would not be joined. The order of columns is random in the reply, hence the explicit index.
 */
function transformations(look: TableLook, queries: number): DataTransformerConfig[] {
  const { columns, sumBy, quotient } = look;
  const nameOf = ({ field }: Column) =>
    sumBy === undefined || field === sumBy ? field : `${field} (sum)`;
  const steps: DataTransformerConfig[] = look.keepTime === true ? [] : [organize(['Time'])];
  if (queries > 1) steps.push({ id: 'merge', options: {} });
  if (quotient !== undefined) {
    const { of: left, over: right, name: alias } = quotient;
    const binary = { left, operator: '/', right };
    steps.push({ id: 'calculateField', options: { mode: 'binary', alias, binary } });
  }
  if (sumBy !== undefined) {
    const operation = (field: string) =>
      field === sumBy
        ? { operation: 'groupby', aggregations: [] }
        : { operation: 'aggregate', aggregations: ['sum'] };
    const fields = Object.fromEntries(columns.map(({ field }) => [field, operation(field)]));
    steps.push({ id: 'groupBy', options: { fields } });
  }
  const index = Object.fromEntries(columns.map((column, i) => [nameOf(column), i]));
  const rename = Object.fromEntries(
    columns.map((column) => [nameOf(column), column.title ?? column.field]),
  );
  return [...steps, organize(quotient === undefined ? [] : [quotient.over], index, rename)];
}

export function table(id: number, queries: readonly string[], look: TableLook): PlacedLater {
  const overrides = look.columns.map((column) => ({
    field: column.title ?? column.field,
    properties: columnProperties(column),
  }));
  const named: Query[] = queries.map((query) => ({ query }));
  return panel(
    id,
    named,
    { ...look, overrides: overrides.filter((one) => Object.keys(one.properties).length > 0) },
    {
      type: 'table',
      format: 'table',
      // Bars are as long as their own column says, not as the largest number of the whole table.
      defaults: { fieldMinMax: true },
      custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, filterable: false },
      options: {
        frameIndex: 0,
        showHeader: true,
        cellHeight: 'sm',
        sortBy: [{ displayName: look.sortBy, desc: true }],
      },
      transformations: transformations(look, queries.length),
    },
  );
}
