/**
 * An overview for those who keep the counters of `/metrics` in Prometheus, Mimir, Thanos or VictoriaMetrics
 * instead of the points in InfluxDB. The data source is chosen when it is imported.
 */
import {
  type Dashboard,
  DashboardCursorSync,
  type Panel,
  type VariableModel,
} from '@grafana/schema';

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;
const CHOSEN = 'log=~"$log",site=~"$site"';
const SPAN = '[$__rate_interval]';

interface Question {
  readonly title: string;
  readonly unit: string;
  readonly type: 'timeseries' | 'bargauge';
  readonly expression: string;
  /** What is shown of a series: `{{class}}`. */
  readonly legend: string;
}

function perSecond(metric: string, by: string, labels = CHOSEN): string {
  return `sum by (${by}) (rate(${metric}{${labels}}${SPAN}))`;
}

function p95(metric: string, by: string): string {
  return `histogram_quantile(0.95, ${perSecond(`${metric}_bucket`, `le${by}`)})`;
}

const REQUESTS = 'nginx_http_requests_total';
const FAILED = perSecond(REQUESTS, 'site', `${CHOSEN},class="5xx"`);

const QUESTIONS: readonly Question[] = [
  {
    title: 'Requests by class of status',
    unit: 'reqps',
    type: 'timeseries',
    expression: perSecond(REQUESTS, 'class'),
    legend: '{{class}}',
  },
  {
    title: 'Share of 5xx by site',
    unit: 'percentunit',
    type: 'timeseries',
    expression: `${FAILED} / ${perSecond(REQUESTS, 'site')}`,
    legend: '{{site}}',
  },
  {
    title: 'p95 of the times by site',
    unit: 's',
    type: 'timeseries',
    expression: p95('nginx_http_request_duration_seconds', ', site'),
    legend: '{{site}}',
  },
  {
    title: 'Bytes sent by site',
    unit: 'Bps',
    type: 'timeseries',
    expression: perSecond('nginx_http_response_bytes_total', 'site'),
    legend: '{{site}}',
  },
  {
    title: 'Busiest routes',
    unit: 'reqps',
    type: 'bargauge',
    expression: `topk(10, ${perSecond('nginx_http_route_requests_total', 'route')})`,
    legend: '{{route}}',
  },
  {
    title: 'Requests by status',
    unit: 'reqps',
    type: 'timeseries',
    expression: perSecond('nginx_http_requests_by_status_total', 'status'),
    legend: '{{status}}',
  },
  {
    title: 'Requests by upstream',
    unit: 'reqps',
    type: 'timeseries',
    expression: perSecond('nginx_http_upstream_requests_total', 'upstream'),
    legend: '{{upstream}}',
  },
  {
    title: 'p95 of the times by upstream',
    unit: 's',
    type: 'timeseries',
    expression: p95('nginx_http_upstream_duration_seconds', ', upstream'),
    legend: '{{upstream}}',
  },
];

/** Every query of the dashboard as Prometheus takes it, with all logs and sites chosen. */
export function promqlWithAllChosen(): string[] {
  return QUESTIONS.map(({ expression }) =>
    expression.replaceAll(CHOSEN, 'log=~".*",site=~".*"').replaceAll(SPAN, '[1m]'),
  );
}

function panelOf({ title, unit, type, expression, legend }: Question, index: number): Panel {
  const isBar = type === 'bargauge';
  return {
    id: index + 1,
    type,
    title,
    datasource: DATASOURCE,
    gridPos: { x: 12 * (index % 2), y: 8 * Math.floor(index / 2), w: 12, h: 8 },
    fieldConfig: { defaults: { unit, min: 0, noValue: 'no data' }, overrides: [] },
    options: isBar
      ? {
          orientation: 'horizontal',
          displayMode: 'basic',
          reduceOptions: { calcs: ['lastNotNull'] },
        }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: [
      {
        refId: 'A',
        datasource: DATASOURCE,
        expr: expression,
        legendFormat: legend,
        instant: isBar,
      },
    ],
  };
}

function labelVariable(label: string): VariableModel {
  return {
    type: 'query',
    name: label,
    label,
    datasource: DATASOURCE,
    query: `label_values(${REQUESTS}, ${label})`,
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  } as unknown as VariableModel;
}

export const PROMETHEUS = {
  uid: 'nginx-prometheus',
  title: 'nginx (Prometheus)',
  description: 'Traffic of nginx by the counters that nginx-meter has at /metrics.',
  tags: ['nginx-meter'],
  schemaVersion: 42,
  version: 1,
  timezone: 'browser',
  graphTooltip: DashboardCursorSync.Crosshair,
  refresh: '1m',
  time: { from: 'now-3h', to: 'now' },
  templating: {
    list: [
      {
        type: 'datasource',
        name: 'datasource',
        label: 'data source',
        query: 'prometheus',
      } as unknown as VariableModel,
      labelVariable('log'),
      labelVariable('site'),
    ],
  },
  panels: QUESTIONS.map(panelOf),
} satisfies Dashboard;
