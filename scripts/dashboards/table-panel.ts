/** Tables: columns with units, thresholds, bars and links. */
import type { DataTransformerConfig } from '@grafana/schema';
import type { Step } from './palette.ts';
import { type PanelSpec, type PlacedLater, panel } from './panel.ts';

export interface Column {
  /** As the query names it. */
  readonly field: string;
  readonly title?: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  readonly steps?: readonly Step[];
  /** `gauge` draws a bar in the cell. */
  readonly cell?: 'auto' | 'gauge' | 'color-text';
  readonly link?: { readonly title: string; readonly url: string };
}

export interface TableSpec extends Omit<PanelSpec, 'overrides'> {
  readonly columns: readonly Column[];
  /** Title of the column to sort by, largest first. */
  readonly sortBy: string;
  /** Adds up rows that have this field in common. */
  /** Keeps the column `Time`: of a single `last()` it is the time of the last point. */
  readonly keepTime?: boolean;
  readonly sumBy?: { readonly key: string; readonly fields: readonly string[] };
}

function columnProperties(column: Column): Record<string, unknown> {
  const steps = column.steps?.map(([value, color]) => ({ value, color }));
  return {
    ...(column.unit === undefined ? {} : { unit: column.unit }),
    ...(column.decimals === undefined ? {} : { decimals: column.decimals }),
    ...(column.width === undefined ? {} : { 'custom.width': column.width }),
    // Without its own colour mode an override's thresholds have no effect.
    ...(steps === undefined
      ? {}
      : { thresholds: { mode: 'absolute', steps }, color: { mode: 'thresholds' } }),
    ...(column.cell === undefined
      ? {}
      : {
          'custom.cellOptions': {
            type: column.cell,
            ...(column.cell === 'gauge' ? { mode: 'basic' } : {}),
          },
        }),
    // A bar in a cell needs a zero to start from.
    ...(column.cell === 'gauge' ? { min: 0 } : {}),
    ...(column.link === undefined ? {} : { links: [{ ...column.link, targetBlank: false }] }),
  };
}

/**
 * The queries' rows, joined by the tags they have in common. `Time` goes first: an aggregate without
 * `GROUP BY time` has the range's start as its time, one through a subquery has 0, and rows that differ
 * in it would not be joined. The order of columns is random in the reply, hence the explicit index.
 */
export function table(spec: TableSpec): PlacedLater {
  const summed = spec.sumBy;
  const nameOf = (column: Column) =>
    summed?.fields.includes(column.field) === true ? `${column.field} (sum)` : column.field;
  const transformations: DataTransformerConfig[] = [
    ...(spec.keepTime === true
      ? []
      : [
          {
            id: 'organize',
            options: { excludeByName: { Time: true }, indexByName: {}, renameByName: {} },
          },
        ]),
    ...(spec.queries.length > 1 ? [{ id: 'merge', options: {} }] : []),
    ...(summed === undefined
      ? []
      : [
          {
            id: 'groupBy',
            options: {
              fields: {
                [summed.key]: { operation: 'groupby', aggregations: [] },
                ...Object.fromEntries(
                  summed.fields.map((f) => [f, { operation: 'aggregate', aggregations: ['sum'] }]),
                ),
              },
            },
          },
        ]),
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(spec.columns.map((column, i) => [nameOf(column), i])),
        renameByName: Object.fromEntries(
          spec.columns.map((column) => [nameOf(column), column.title ?? column.field]),
        ),
      },
    },
  ];
  const overrides = spec.columns.map((column) => ({
    field: column.title ?? column.field,
    properties: columnProperties(column),
  }));
  return panel(
    {
      ...spec,
      overrides: overrides.filter(({ properties }) => Object.keys(properties).length > 0),
    },
    {
      type: 'table',
      format: 'table',
      custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, filterable: true },
      options: {
        frameIndex: 0,
        showHeader: true,
        cellHeight: 'sm',
        sortBy: [{ displayName: spec.sortBy, desc: true }],
      },
      transformations,
    },
  );
}
