/**
 * Builders of panels in Grafana's classic dashboard model (`schemaVersion` 42). A panel has a fixed id,
 * since alert rules refer to it; its place is found by dashboard.ts.
 */
import type { DataTransformerConfig, Panel } from '@grafana/schema';
import { panelWords } from './words.ts';
import { type Color, type FieldOverride, PLAIN, type Step, thresholds } from './palette.ts';

/** Fixed: dashboards and alert rules refer to it, and provisioning gives it to the data source. */
export const DATASOURCE = { type: 'influxdb', uid: 'nginx-influxdb' } as const;

export interface Query {
  readonly query: string;
  /** `$col` is the column's name, `$tag_x` the tag's value. */
  readonly alias?: string;
}

/** One series per column of each query. */
export function byColumn(...queries: readonly string[]): Query[] {
  return queries.map((query) => ({ query, alias: '$col' }));
}

/** One series per value of a tag, or of several. */
export function byTag(query: string, ...tags: readonly string[]): Query[] {
  return [{ query, alias: tags.map((tag) => `$tag_${tag}`).join(' ') }];
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

/** What a panel may have besides its words and its queries. */
export interface Look {
  /** Of 24 columns, and rows of 30 px. */
  readonly width?: number;
  readonly height?: number;
  readonly decimals?: number;
  readonly steps?: readonly Step[];
  readonly overrides?: readonly FieldOverride[];
  readonly links?: readonly Link[];
  /** Lower limit of `${__interval}`. */
  readonly interval?: string;
  readonly maxDataPoints?: number;
  /** Where there is no value; grey unless `noValueColor` says that this is the alarm. */
  readonly noValue?: string;
  readonly noValueColor?: Color;
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

interface Shape {
  readonly type: string;
  readonly format: Format;
  readonly options: Options;
  readonly custom?: Options;
  readonly defaults?: Options;
  readonly transformations?: readonly DataTransformerConfig[];
}

/** Default size in columns and rows, by what a panel shows. */
const SIZE: Readonly<Record<string, readonly [width: number, height: number]>> = {
  stat: [6, 4],
  table: [12, 8],
};

/** The entries that are there. */
function given<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

function target({ query, alias }: Query, index: number, resultFormat: Format) {
  const refId = String.fromCodePoint('A'.codePointAt(0)! + index);
  return given({ refId, datasource: DATASOURCE, rawQuery: true, query, resultFormat, alias });
}

function override({ field, properties }: FieldOverride) {
  const matcher = { id: field.startsWith('/') ? 'byRegexp' : 'byName', options: field };
  return { matcher, properties: Object.entries(properties).map(([id, value]) => ({ id, value })) };
}

/** Without it a missing value has the colour of the lowest threshold, which is mostly green. */
function nothing(look: Look) {
  const color = look.noValueColor ?? 'text';
  const result = { text: look.noValue ?? 'no data', color, index: 0 };
  return [{ type: 'special', options: { match: 'null+nan', result } }];
}

export function panel(
  id: number,
  queries: readonly Query[],
  look: Look,
  shape: Shape,
): PlacedLater {
  const { title, unit, description } = panelWords(id);
  const [width, height] = SIZE[shape.type] ?? [8, 8];
  const links = look.links?.map((link) => ({ ...link, targetBlank: false }));
  const { decimals, min, max, noValue, interval, maxDataPoints } = look;
  const defaults = {
    unit,
    ...given({ decimals, min, max, noValue }),
    thresholds: thresholds(look.steps ?? PLAIN),
    color: { mode: 'thresholds' },
    custom: shape.custom ?? {},
    ...shape.defaults,
    ...given({ links }),
  };
  const overrides = (look.overrides ?? []).map(override);
  const transformations = shape.transformations && [...shape.transformations];
  return {
    id,
    type: shape.type,
    title,
    description,
    width: look.width ?? width,
    height: look.height ?? height,
    datasource: DATASOURCE,
    targets: queries.map((query, i) => target(query, i, shape.format)),
    ...given({ interval, maxDataPoints }),
    // Its enums are strings in the file.
    fieldConfig: { defaults, overrides } as NonNullable<Panel['fieldConfig']>,
    options: shape.options,
    ...given({ transformations }),
  };
}

/** The newest number of each series, coloured by its thresholds, with its course in the range behind it. */
export function stat(id: number, queries: readonly Query[], look: Look = {}): PlacedLater {
  const hasCourse = queries.some(({ query }) => query.includes('GROUP BY time('));
  const options = {
    // A course that ends before the range does has no newest number.
    reduceOptions: { calcs: [hasCourse ? 'last' : 'lastNotNull'], fields: '', values: false },
    orientation: 'auto',
    colorMode: 'value',
    graphMode: hasCourse ? 'area' : 'none',
    justifyMode: 'auto',
    textMode: 'auto',
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: 'standard',
  };
  const course = hasCourse ? { interval: '1m', maxDataPoints: 90 } : {};
  const defaults = { mappings: nothing(look) };
  const shape: Shape = { type: 'stat', format: 'time_series', options, defaults };
  return panel(id, queries, { ...course, ...look }, shape);
}

export interface Style extends Look {
  readonly draw?: 'line' | 'bars';
  readonly stack?: 'normal' | 'percent';
  readonly fillOpacity?: number;
  readonly calcs?: readonly string[];
  readonly isLogarithmic?: boolean;
  /** What the axis begins with and reaches at least. */
  readonly softMin?: number;
  readonly softMax?: number;
  readonly options?: Options;
}

/** Points across a panel: at every range buckets as wide as the points that are read. */
const POINTS = 240;

/** Thresholds, where there are any, are dashed lines. */
export function graph(id: number, queries: readonly Query[], style: Style = {}): PlacedLater {
  const isStacked = style.stack !== undefined;
  const custom = {
    drawStyle: style.draw ?? 'line',
    lineInterpolation: 'linear',
    // The line of a stacked series without requests would lie on the edge of the others.
    lineWidth: isStacked ? 0 : 1,
    fillOpacity: style.fillOpacity ?? (isStacked ? 60 : 0),
    gradientMode: 'none',
    showPoints: isStacked ? 'never' : 'auto',
    pointSize: 4,
    spanNulls: false,
    stacking: { mode: style.stack ?? 'none', group: 'A' },
    ...(style.isLogarithmic === true
      ? { scaleDistribution: { type: 'log', log: 10 } }
      : {
          axisSoftMin: style.softMin ?? 0,
          ...given({ axisSoftMax: panelWords(id).unit === 'percentunit' ? 0.01 : 1 }),
        }),
    ...given({ axisSoftMax: style.softMax }),
    axisPlacement: 'auto',
    axisLabel: '',
    thresholdsStyle: { mode: style.steps === undefined ? 'off' : 'dashed' },
  };
  const options = {
    legend: {
      showLegend: true,
      displayMode: 'list',
      placement: 'bottom',
      calcs: [...(style.calcs ?? [])],
    },
    tooltip: { mode: 'multi', sort: 'desc' },
    ...style.options,
  };
  return panel(
    id,
    queries,
    { maxDataPoints: POINTS, ...style },
    {
      type: 'timeseries',
      format: 'time_series',
      defaults: { color: { mode: 'palette-classic' } },
      custom,
      options,
    },
  );
}

/** One row per series, coloured by the thresholds: where a colour begins is when it began. A gap is no data. */
export function timeline(id: number, queries: readonly Query[], look: Look = {}): PlacedLater {
  return panel(id, queries, look, {
    type: 'state-timeline',
    format: 'time_series',
    custom: { fillOpacity: 75, lineWidth: 0 },
    options: {
      alignValue: 'left',
      mergeValues: true,
      perPage: 12,
      rowHeight: 0.8,
      showValue: 'never',
      legend: { showLegend: false, displayMode: 'list', placement: 'bottom', calcs: [] },
      tooltip: { mode: 'single', sort: 'none' },
    },
  });
}

/** Requests per latency bin over time; the series are named by the upper bound of their bin. */
export function heatmap(id: number, queries: readonly Query[], look: Look = {}): PlacedLater {
  return panel(id, queries, look, {
    type: 'heatmap',
    format: 'time_series',
    options: {
      calculate: false,
      rowsFrame: { layout: 'le', value: 'Requests' },
      cellGap: 1,
      cellValues: { unit: 'short' },
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
      yAxis: { axisPlacement: 'left', reverse: false, unit: 'ms', decimals: 0 },
    },
  });
}
