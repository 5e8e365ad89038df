/**
 * Builders of panels in Grafana's classic dashboard model (`schemaVersion` 42). A panel has a fixed id,
 * since alert rules refer to it; its place is found by dashboard.ts.
 */
import type { DataTransformerConfig, Panel } from '@grafana/schema';
import type { FieldOverride, Step } from './palette.ts';

/** Fixed: dashboards and alert rules refer to it, and provisioning gives it to the data source. */
export const DATASOURCE = { type: 'influxdb', uid: 'nginx-influxdb' } as const;

export interface Query {
  readonly query: string;
  /** `$col` is the column's name, `$tag_x` the tag's value. */
  readonly alias?: string;
}

/** One series per column of the query. */
export function byColumn(query: string): Query[] {
  return [{ query, alias: '$col' }];
}

/** One series per value of a tag. */
export function byTag(tag: string, query: string): Query[] {
  return [{ query, alias: `$tag_${tag}` }];
}

export interface PanelSpec {
  readonly id: number;
  readonly title: string;
  /** One or two sentences: what it shows, and what to do about it. */
  readonly description: string;
  /** Of 24 columns, and rows of 30 px. */
  readonly width: number;
  readonly height: number;
  readonly unit: string;
  readonly decimals?: number;
  readonly steps: readonly Step[];
  readonly queries: readonly Query[];
  readonly overrides?: readonly FieldOverride[];
  readonly links?: readonly { readonly title: string; readonly url: string }[];
  /** Lower limit of `${__interval}`. */
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly noValue?: string;
  /** The scale of bars and gauges, and of the axis. */
  readonly min?: number;
  readonly max?: number;
}

/** A panel without its place in the grid. */
export type PlacedLater = Omit<Panel, 'gridPos' | 'id'> & {
  id: number;
  width: number;
  height: number;
};

type Options = Record<string, unknown>;
type Format = 'time_series' | 'table';

function target(query: Query, index: number, resultFormat: Format) {
  return {
    refId: String.fromCodePoint('A'.codePointAt(0)! + index),
    datasource: DATASOURCE,
    rawQuery: true,
    query: query.query,
    resultFormat,
    ...(query.alias === undefined ? {} : { alias: query.alias }),
  };
}

function fieldConfig(spec: PanelSpec, custom: Options) {
  return {
    defaults: {
      unit: spec.unit,
      ...(spec.decimals === undefined ? {} : { decimals: spec.decimals }),
      ...(spec.min === undefined ? {} : { min: spec.min }),
      ...(spec.max === undefined ? {} : { max: spec.max }),
      ...(spec.noValue === undefined ? {} : { noValue: spec.noValue }),
      thresholds: {
        mode: 'absolute',
        steps: spec.steps.map(([value, color]) => ({ value, color })),
      },
      color: { mode: 'thresholds' },
      custom,
    },
    overrides: (spec.overrides ?? []).map(({ field, properties }) => ({
      matcher: { id: 'byName', options: field },
      properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
    })),
  };
}

interface Shape {
  readonly type: string;
  readonly format: Format;
  readonly options: Options;
  readonly custom?: Options;
  readonly defaults?: Options;
  readonly transformations?: readonly DataTransformerConfig[];
}

export function panel(spec: PanelSpec, shape: Shape): PlacedLater {
  const fields = fieldConfig(spec, shape.custom ?? {});
  const links = (spec.links ?? []).map((link) => ({ ...link, targetBlank: false }));
  return {
    id: spec.id,
    type: shape.type,
    title: spec.title,
    description: spec.description,
    width: spec.width,
    height: spec.height,
    datasource: DATASOURCE,
    targets: spec.queries.map((query, i) => target(query, i, shape.format)),
    ...(spec.interval === undefined ? {} : { interval: spec.interval }),
    ...(spec.maxDataPoints === undefined ? {} : { maxDataPoints: spec.maxDataPoints }),
    fieldConfig: {
      ...fields,
      defaults: {
        ...fields.defaults,
        ...shape.defaults,
        ...(links.length === 0 ? {} : { links }),
      },
    } as NonNullable<Panel['fieldConfig']>, // its enums are strings in the file
    options: shape.options,
    ...(shape.transformations === undefined ? {} : { transformations: [...shape.transformations] }),
  };
}

function reduceOptions(calc: string): Options {
  return { calcs: [calc], fields: '', values: false };
}

/** One number per query or series, coloured by its thresholds. */
export function stat(spec: PanelSpec & { readonly calc?: string }): PlacedLater {
  return panel(spec, {
    type: 'stat',
    format: 'time_series',
    options: statOptions(spec.calc ?? 'lastNotNull'),
  });
}

function statOptions(calc: string): Options {
  return {
    reduceOptions: reduceOptions(calc),
    orientation: 'auto',
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    textMode: 'auto',
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: 'standard',
  };
}

/**
 * `now / before - 1` of two queries with the columns `now` and `before`. InfluxQL cannot divide across
 * queries, so Grafana does, after the two one-row tables have been put side by side.
 */
export function comparison(spec: PanelSpec): PlacedLater {
  const binary = (left: string, operator: string, right: string, alias: string) => ({
    id: 'calculateField',
    options: {
      mode: 'binary',
      alias,
      replaceFields: true,
      reduce: { reducer: 'sum' },
      binary: { left, operator, right },
    },
  });
  return panel(spec, {
    type: 'stat',
    format: 'table',
    options: statOptions('lastNotNull'),
    transformations: [
      { id: 'concatenate', options: { frameNameMode: 'drop' } },
      binary('now', '/', 'before', 'quotient'),
      binary('quotient', '-', '1', 'change'),
    ],
  });
}

export interface LineStyle {
  readonly draw?: 'line' | 'bars';
  readonly stack?: 'normal' | 'percent';
  readonly fillOpacity?: number;
  readonly legend?: 'right' | 'bottom';
  readonly legendCalcs?: readonly string[];
  /** Draws the thresholds as dashed lines. */
  readonly showThresholds?: boolean;
  readonly options?: Options;
  readonly defaults?: Options;
}

export function timeSeries(spec: PanelSpec, style: LineStyle = {}): PlacedLater {
  return panel(spec, {
    type: 'timeseries',
    format: 'time_series',
    defaults: { color: { mode: 'palette-classic' }, ...style.defaults },
    custom: {
      drawStyle: style.draw ?? 'line',
      lineInterpolation: 'linear',
      lineWidth: 1,
      fillOpacity: style.fillOpacity ?? (style.stack === undefined ? 0 : 60),
      gradientMode: 'none',
      showPoints: 'auto',
      pointSize: 4,
      spanNulls: false,
      stacking: { mode: style.stack ?? 'none', group: 'A' },
      axisSoftMin: 0,
      axisPlacement: 'auto',
      axisLabel: '',
      thresholdsStyle: { mode: style.showThresholds === true ? 'dashed' : 'off' },
    },
    options: {
      legend: {
        showLegend: true,
        displayMode: style.legend === 'right' ? 'table' : 'list',
        placement: style.legend ?? 'bottom',
        calcs: [...(style.legendCalcs ?? [])],
      },
      tooltip: { mode: 'multi', sort: 'desc' },
      ...style.options,
    },
  });
}

/** Requests per latency bin over time; the series are named by the upper bound of their bin. */
export function heatmap(spec: PanelSpec, yUnit: string): PlacedLater {
  return panel(spec, {
    type: 'heatmap',
    format: 'time_series',
    options: {
      calculate: false,
      rowsFrame: { layout: 'le', value: 'Requests' },
      cellGap: 1,
      cellValues: { unit: spec.unit },
      color: {
        mode: 'scheme',
        scheme: 'Spectral',
        scale: 'exponential',
        exponent: 0.5,
        fill: 'dark-orange',
        reverse: false,
        steps: 64,
      },
      exemplars: { color: 'rgba(255,0,255,0.7)' },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      showValue: 'never',
      tooltip: { mode: 'single', yHistogram: true, showColorScale: false },
      yAxis: { axisPlacement: 'left', reverse: false, unit: yUnit },
    },
  });
}

export function pie(spec: PanelSpec): PlacedLater {
  return panel(spec, {
    type: 'piechart',
    format: 'time_series',
    defaults: { color: { mode: 'palette-classic-by-name' } },
    options: {
      reduceOptions: reduceOptions('lastNotNull'),
      orientation: 'auto',
      pieType: 'donut',
      sort: 'desc',
      displayLabels: ['percent'],
      legend: {
        showLegend: true,
        displayMode: 'table',
        placement: 'right',
        calcs: [],
        values: ['value', 'percent'],
      },
      tooltip: { mode: 'single', sort: 'none' },
    },
  });
}
