/** The frame of a dashboard: variables, links, annotations, and the places of its panels. */
import {
  type AnnotationQuery,
  type Dashboard,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/schema';
import { DATASOURCE, type PlacedLater } from './panel.ts';

const TAG = 'nginx-meter';
const COLUMNS = 24;

export function row(id: number, title: string, panels: readonly PlacedLater[]) {
  return { id, title, collapsed: false, panels };
}

/** Asks nothing until it is opened. */
export function closedRow(id: number, title: string, panels: readonly PlacedLater[]) {
  return { id, title, collapsed: true, panels };
}
type Section = ReturnType<typeof row>;

interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableModel[];
  /** Marks besides the starts of meters. */
  readonly events?: readonly AnnotationQuery[];
  readonly sections: readonly Section[];
}

interface Cursor {
  x: number;
  y: number;
  rowHeight: number;
}

function place(panels: readonly PlacedLater[], cursor: Cursor): Panel[] {
  return panels.map(({ width, height, ...panel }) => {
    if (cursor.x + width > COLUMNS) lineFeed(cursor);
    const gridPos = { x: cursor.x, y: cursor.y, w: width, h: height };
    cursor.x += width;
    cursor.rowHeight = Math.max(cursor.rowHeight, height);
    return { ...panel, gridPos };
  });
}

function lineFeed(cursor: Cursor): void {
  cursor.x = 0;
  cursor.y += cursor.rowHeight;
  cursor.rowHeight = 0;
}

/** Left to right, top to bottom. The panels of a collapsed row are kept inside it. */
function layOut(sections: readonly Section[]): (Panel | RowPanel)[] {
  const cursor: Cursor = { x: 0, y: 0, rowHeight: 0 };
  return sections.flatMap(({ id, title, collapsed, panels }): (Panel | RowPanel)[] => {
    lineFeed(cursor);
    const gridPos = { x: 0, y: cursor.y, w: COLUMNS, h: 1 };
    cursor.y += 1;
    const placed = place(panels, collapsed ? { ...cursor } : cursor);
    const head = { id, type: 'row' as const, title, collapsed, gridPos };
    return collapsed ? [{ ...head, panels: placed }] : [{ ...head, panels: [] }, ...placed];
  });
}

/** A dashed line across all graphs. Its own switch at the top would take a line of the screen. */
function marker(name: string, measurement: string, field: string, text: string): AnnotationQuery {
  // What the InfluxDB plugin reads, which the published types do not know.
  const target = {
    refId: 'Anno',
    query: `SELECT "${field}", "${text}" FROM "${measurement}" WHERE "${field}" > 0 AND $timeFilter`,
    queryType: 'tags',
    fromAnnotations: true,
    textColumn: text,
    // A column that is a tag of the annotation cannot be its text as well.
    tagsColumn: '',
    titleColumn: '',
    timeEndColumn: '',
    name,
    limit: 100,
    matchAny: false,
    tags: [],
    type: 'tags',
  };
  return {
    name,
    datasource: DATASOURCE,
    enable: true,
    hide: true,
    iconColor: 'purple',
    target,
    // No column of the reply says what happened.
    mappings: { title: { source: 'text', value: name } },
  } as AnnotationQuery;
}

const ALERT_STATES: AnnotationQuery = {
  builtIn: 1,
  name: 'Annotations & Alerts',
  type: 'dashboard',
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
};

const STARTS = marker('Meter started', 'access_log_meter', 'starts', 'host');
export const FILE_EVENTS = [
  marker('Log rotated', 'access_log_lines', 'rotations', 'log'),
  marker('Log truncated', 'access_log_lines', 'truncations', 'log'),
];

export function dashboard(spec: DashboardSpec): Dashboard {
  const { variables, events = [], sections, ...head } = spec;
  return {
    ...head,
    tags: [TAG],
    schemaVersion: 42,
    version: 1,
    editable: false,
    timezone: 'browser',
    weekStart: '',
    fiscalYearStartMonth: 0,
    graphTooltip: DashboardCursorSync.Crosshair,
    refresh: '1m',
    time: { from: 'now-3h', to: 'now' },
    // The newest window is written some seconds after it is over; without the delay every graph ends in a cliff.
    timepicker: { nowDelay: '1m' },
    links: [
      {
        type: 'dashboards',
        title: 'nginx',
        tags: [TAG],
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
        icon: 'external link',
        tooltip: '',
        url: '',
      },
    ],
    annotations: { list: [ALERT_STATES, STARTS, ...events] },
    templating: { list: [...variables] },
    panels: layOut(sections),
  };
}
