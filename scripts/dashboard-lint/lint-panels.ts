/** Rules on single panels and on their places. */
export interface LintPanel {
  readonly id?: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly collapsed?: boolean;
  /** Lower limit of the bucket. */
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly gridPos?: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly panels?: readonly LintPanel[];
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly refId?: string;
    readonly datasource?: { readonly uid: string };
    readonly query?: string;
    readonly resultFormat?: string;
  }[];
  readonly fieldConfig?: {
    readonly defaults?: {
      readonly unit?: string;
      readonly max?: number;
      readonly fieldMinMax?: boolean;
      readonly noValue?: string;
      readonly thresholds?: { readonly steps?: readonly LintStep[] };
      readonly color?: { readonly mode?: string };
      readonly mappings?: readonly {
        readonly type?: string;
        readonly options?: {
          readonly match?: string;
          readonly result?: { readonly color?: string };
        };
      }[];
      readonly custom?: {
        readonly filterable?: boolean;
        readonly lineWidth?: number;
        readonly axisSoftMax?: number;
        readonly stacking?: { readonly mode?: string };
        readonly scaleDistribution?: { readonly type?: string };
      };
    };
    readonly overrides?: readonly LintOverride[];
  };
  readonly options?: {
    readonly legend?: { readonly calcs?: readonly string[] };
    readonly reduceOptions?: { readonly calcs?: readonly string[] };
  };
  readonly transformations?: readonly { readonly id: string; readonly options?: unknown }[];
}

interface LintOverride {
  readonly matcher?: { readonly id: string; readonly options?: unknown };
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
}

interface LintStep {
  readonly value: number | null;
  readonly color: string;
}

/** What Grafana 11 switched off and 12 removed has no place here; neither has what nobody looked at. */
const PANEL_TYPES = new Set(['stat', 'timeseries', 'state-timeline', 'table', 'heatmap', 'row']);
const COLUMNS = 24;

type Fault = [rule: string, what: string];

function lintSteps(steps: readonly LintStep[], where: string): Fault[] {
  const found: Fault[] = [];
  const [first, ...rest] = steps.map(({ value }) => value);
  if (first !== null)
    found.push(['thresholds', `${where}: the first threshold must have no bound`]);
  rest.forEach((value, i) => {
    const before = rest[i - 1];
    if (value === null || (typeof before === 'number' && value <= before))
      found.push(['thresholds', `${where}: thresholds do not ascend`]);
  });
  // What Grafana puts where nobody thought about it.
  if (steps.length === 2 && steps[1]?.value === 80 && steps[1].color === 'red')
    found.push(['thresholds', `${where}: the default of 80`]);
  return found;
}

function lintOverride(
  properties: readonly { readonly id: string; readonly value?: unknown }[],
): Fault[] {
  const has = (id: string) => properties.some((property) => property.id === id);
  const found: Fault[] = [];
  for (const { id, value } of properties) {
    if (id === 'thresholds') {
      const steps = (value as { steps?: readonly LintStep[] }).steps ?? [];
      found.push(...lintSteps(steps, 'an override'));
      if (!has('color'))
        found.push(['override-color', 'thresholds without a colour mode do nothing']);
    }
    if (id === 'custom.cellOptions' && (value as { type?: string }).type === 'gauge' && !has('min'))
      found.push(['gauge-min', 'a bar in a cell has no zero to start from']);
    if (id === 'color') {
      const color = value as { mode?: string; fixedColor?: string };
      if (color.mode === 'fixed' && color.fixedColor === undefined)
        found.push(['fixed-color', 'a fixed colour without the colour is grey']);
    }
  }
  return found;
}

function lintTable(panel: LintPanel): Fault[] {
  const found: Fault[] = [];
  const steps = panel.transformations ?? [];
  const last = steps.at(-1);
  const order = (last?.options as { indexByName?: Record<string, number> } | undefined)
    ?.indexByName;
  if (last?.id !== 'organize' || Object.keys(order ?? {}).length === 0)
    found.push(['column-order', 'the columns of a table come in random order; organize them']);
  const merge = steps.findIndex(({ id }) => id === 'merge');
  const withoutTime = steps
    .slice(0, Math.max(merge, 0))
    .some(
      ({ id, options }) =>
        id === 'organize' &&
        (options as { excludeByName?: { Time?: boolean } }).excludeByName?.Time,
    );
  if (merge >= 0 && !withoutTime)
    found.push(['merge-without-time', 'rows of queries with other times would not be joined']);
  if ((panel.targets?.length ?? 0) > 1 && merge < 0)
    found.push(['merge-without-time', 'several queries, but nothing joins them']);
  return [...found, ...lintColumns(panel, Object.values(renamed(last?.options)))];
}

function renamed(options: unknown): Record<string, string> {
  return (options as { renameByName?: Record<string, string> } | undefined)?.renameByName ?? {};
}

/** What Grafana leaves of a screen that is 1280 wide, for 24 columns. */
const CONTENT_PX = 1200;
/** Borders and the scroll bar of a panel. */
const FRAME_PX = 24;
/** Least width of the column that takes what is left. */
const TEXT_PX = 150;

function lintColumns(panel: LintPanel, titles: readonly string[]): Fault[] {
  const found: Fault[] = [];
  const { defaults, overrides = [] } = panel.fieldConfig ?? {};
  const widthOf = (title: string) =>
    overrides
      .find(({ matcher }) => matcher?.options === title)
      ?.properties.find(({ id }) => id === 'custom.width')?.value;
  const widths = titles.map(widthOf).filter((width) => typeof width === 'number');
  // Grafana makes a column without a width at least 150 px wide, and cuts off what does not fit.
  if (titles.length - widths.length > 1)
    found.push(['table-widths', 'more than one column has no width']);
  const neededPx = widths.reduce((sum, width) => sum + width, TEXT_PX);
  const availablePx = ((panel.gridPos?.w ?? COLUMNS) * CONTENT_PX) / COLUMNS - FRAME_PX;
  if (neededPx > availablePx && widths.length > 0)
    found.push(['table-widths', `needs ${neededPx} of ${availablePx} px at 1280`]);
  if (defaults?.custom?.filterable !== false)
    found.push(['table-filter', 'filters take the room of the titles']);
  const hasBar = overrides.some(({ properties }) =>
    properties.some(({ value }) => (value as { type?: string } | undefined)?.type === 'gauge'),
  );
  if (hasBar && defaults?.fieldMinMax !== true)
    found.push(['gauge-scale', 'bars would be scaled by the largest number of the whole table']);
  const hasWords = (defaults?.noValue ?? '').length > 1;
  const isNumber = ({ properties }: LintOverride) => properties.some(({ id }) => id === 'unit');
  const hasOwn = ({ properties }: LintOverride) => properties.some(({ id }) => id === 'noValue');
  if (hasWords && overrides.some((column) => isNumber(column) && !hasOwn(column)))
    found.push(['cell-words', 'the words of an empty table would stand in every empty cell']);
  const isCut = panel.targets?.some(({ query }) => /\bLIMIT \d|\btop\(/.test(query ?? ''));
  if (isCut === true && !titles.some((title) => title.startsWith('≥')))
    found.push(['silent-limit', 'its query is cut off, and no column says at least']);
  return found;
}

/** A title in large type beside the icons of a stat. */
function lintStat(panel: LintPanel): Fault[] {
  const found: Fault[] = [];
  if ((panel.title ?? '').length > 2 * (panel.gridPos?.w ?? COLUMNS))
    found.push(['stat-title', 'its title is cut off at 1280']);
  const nothing = panel.fieldConfig?.defaults?.mappings?.find(
    ({ type, options }) => type === 'special' && options?.match?.startsWith('null') === true,
  );
  if (!['text', 'red'].includes(nothing?.options?.result?.color ?? ''))
    found.push(['no-data-colour', 'without a value it has the colour of its lowest threshold']);
  return found;
}

function lintSeries(panel: LintPanel): Fault[] {
  const found: Fault[] = [];
  const { max, custom, color } = panel.fieldConfig?.defaults ?? {};
  const isStacked = (custom?.stacking?.mode ?? 'none') !== 'none';
  if (isStacked && custom?.lineWidth !== 0)
    found.push(['stack-edge', 'the line of an empty series lies on the edge of the stack']);
  const isLogarithmic = custom?.scaleDistribution?.type === 'log';
  if (!isLogarithmic && max === undefined && custom?.axisSoftMax === undefined)
    found.push(['axis-room', 'a line of zeros gets an axis to any height']);
  // Grafana hashes the name of the field, which is Value for every series of InfluxDB.
  if (color?.mode === 'palette-classic-by-name')
    found.push(['one-colour', 'all series would have the same colour']);
  const query = panel.targets?.map((target) => target.query).join(' ') ?? '';
  const hasMeaning = (panel.fieldConfig?.overrides ?? []).length > 0;
  if (/"dim" = '(?:status|cache|method)'/.test(query) && !hasMeaning)
    found.push(['value-colours', 'its colours are given by chance']);
  return found;
}

function lintCalculations(panel: LintPanel): Fault[] {
  const { legend, reduceOptions } = panel.options ?? {};
  const calcs = [...(legend?.calcs ?? []), ...(reduceOptions?.calcs ?? [])];
  const isPercentile = panel.targets?.some(({ query }) => / AS "p\d+"/.test(query ?? '')) === true;
  return isPercentile && calcs.some((calc) => ['mean', 'sum'].includes(calc))
    ? [['mean-of-percentiles', 'averages percentiles; show the last and the greatest']]
    : [];
}

export function lintPanel(panel: LintPanel, datasource: string): Fault[] {
  const found: Fault[] = [];
  if (!PANEL_TYPES.has(panel.type)) found.push(['panel-type', `${panel.type} is not in use here`]);
  if ((panel.title ?? '').trim() === '') found.push(['title', 'has no title']);
  if (!/^[A-Z0-9].{30,}[.)]$/s.test(panel.description ?? ''))
    found.push(['description', 'does not say in a sentence what it shows and what to do']);
  if ((panel.fieldConfig?.defaults?.unit ?? '') === '') found.push(['unit', 'has no unit']);
  found.push(...lintSteps(panel.fieldConfig?.defaults?.thresholds?.steps ?? [], 'the panel'));
  for (const { properties } of panel.fieldConfig?.overrides ?? [])
    found.push(...lintOverride(properties));
  if (panel.datasource?.uid !== datasource)
    found.push(['datasource-uid', `does not read the data source ${datasource}`]);
  if ((panel.targets ?? []).length === 0) found.push(['query-set', 'has no query']);
  const refIds = (panel.targets ?? []).map(({ refId }) => refId);
  if (new Set(refIds).size !== refIds.length)
    found.push(['unique-refids', 'two queries share a refId']);
  for (const target of panel.targets ?? [])
    if (target.datasource?.uid !== datasource)
      found.push(['datasource-uid', `query ${target.refId} does not read ${datasource}`]);
  if (panel.type === 'table') found.push(...lintTable(panel));
  if (panel.type === 'stat') found.push(...lintStat(panel));
  if (panel.type === 'timeseries') found.push(...lintSeries(panel));
  found.push(...lintCalculations(panel));
  return found;
}

/** Within the 24 columns, and no panel on another; the panels of a collapsed row are apart. */
export function lintPlaces(panels: readonly LintPanel[]): Fault[] {
  const found: Fault[] = [];
  panels.forEach((panel, i) => {
    const a = panel.gridPos;
    if (a === undefined || a.x < 0 || a.w < 1 || a.h < 1 || a.x + a.w > COLUMNS) {
      found.push(['grid', `${panel.title ?? panel.id} is not within the grid`]);
      return;
    }
    for (const { gridPos: b, title } of panels.slice(i + 1))
      if (
        b !== undefined &&
        a.x < b.x + b.w &&
        b.x < a.x + a.w &&
        a.y < b.y + b.h &&
        b.y < a.y + a.h
      )
        found.push(['grid', `${panel.title ?? panel.id} and ${title} overlap`]);
    if (panel.panels !== undefined) found.push(...lintPlaces(panel.panels));
  });
  return found;
}
