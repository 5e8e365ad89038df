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

export interface Section {
  readonly id: number;
  readonly title: string;
  readonly collapsed?: boolean;
  readonly panels: readonly PlacedLater[];
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableModel[];
  readonly sections: readonly Section[];
}

const COLUMNS = 24;

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
  return sections.flatMap((section): (Panel | RowPanel)[] => {
    lineFeed(cursor);
    const collapsed = section.collapsed === true;
    const row = {
      id: section.id,
      type: 'row' as const,
      title: section.title,
      collapsed,
      gridPos: { x: 0, y: cursor.y, w: COLUMNS, h: 1 },
    };
    cursor.y += 1;
    const placed = place(section.panels, collapsed ? { ...cursor } : cursor);
    return collapsed ? [{ ...row, panels: placed }] : [{ ...row, panels: [] }, ...placed];
  });
}

interface Marker {
  readonly name: string;
  readonly query: string;
  readonly textColumn: string;
  readonly iconColor: string;
}

function marker(spec: Marker): AnnotationQuery {
  // What the InfluxDB plugin reads, which the published types do not know.
  const target = {
    refId: 'Anno',
    query: spec.query,
    queryType: 'tags',
    fromAnnotations: true,
    textColumn: spec.textColumn,
    tagsColumn: 'host',
    titleColumn: '',
    timeEndColumn: '',
    name: spec.name,
    limit: 100,
    matchAny: false,
    tags: [],
    type: 'tags',
  };
  return {
    name: spec.name,
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor: spec.iconColor,
    target,
  };
}

const ANNOTATIONS: AnnotationQuery[] = [
  {
    builtIn: 1,
    name: 'Annotations & Alerts',
    type: 'dashboard',
    datasource: { type: 'grafana', uid: '-- Grafana --' },
    enable: true,
    hide: true,
    iconColor: 'rgba(0, 211, 255, 1)',
  },
  marker({
    name: 'Log rotated',
    query:
      'SELECT "rotations", "log", "host" FROM "access_log_lines" WHERE "rotations" > 0 AND $timeFilter',
    textColumn: 'log',
    iconColor: 'blue',
  }),
  marker({
    name: 'Log truncated',
    query:
      'SELECT "truncations", "log", "host" FROM "access_log_lines" WHERE "truncations" > 0 AND $timeFilter',
    textColumn: 'log',
    iconColor: 'orange',
  }),
  marker({
    name: 'Meter started',
    query: 'SELECT "starts", "host" FROM "access_log_meter" WHERE "starts" > 0 AND $timeFilter',
    textColumn: 'host',
    iconColor: 'purple',
  }),
];

export function dashboard(spec: DashboardSpec): Dashboard {
  return {
    uid: spec.uid,
    title: spec.title,
    description: spec.description,
    tags: [TAG],
    schemaVersion: 42,
    version: 1,
    editable: false,
    timezone: 'browser',
    weekStart: '',
    fiscalYearStartMonth: 0,
    graphTooltip: DashboardCursorSync.Crosshair,
    refresh: '30s',
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
    annotations: { list: ANNOTATIONS },
    templating: { list: [...spec.variables] },
    panels: layOut(spec.sections),
  };
}
