/** Alert rules on what nginx serves. All by site, so one busy site does not hide another. */
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import type { AlertQuery, AlertRule } from './alert-rule.ts';
import { formulaQuery, RANGE, ratio, sum } from './influxql.ts';
import { quantileQuery } from './quantile.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What is younger may not have been written yet. */
const SETTLED = 30;

type Reading = (seconds: number, endsAgo?: number) => AlertQuery;

function bySite(formula: Parameters<typeof formulaQuery>[0]['formulas'][number]): Reading {
  const query = formulaQuery({
    measurement: '"access_log"',
    formulas: [formula],
    range: RANGE,
    tags: ['site'],
  });
  return (seconds, endsAgo = 0) => ({
    query,
    from: endsAgo + seconds + SETTLED,
    to: endsAgo + SETTLED,
  });
}

const requests = bySite(sum('count', 'requests'));
const failures = bySite(ratio('c5xx', 'count', 'ratio'));
const clientErrors = bySite(ratio('c4xx', 'count', 'ratio'));

const p95: AlertQuery = {
  query: quantileQuery({
    quantiles: [{ q: 0.95, name: 'p95' }],
    boundsMs: LATENCY_BOUNDS_MS,
    measurement: '"access_log"',
    range: RANGE,
    tags: ['site'],
  }),
  from: 5 * MINUTE + SETTLED,
  to: SETTLED,
};

function upstream(formula: Parameters<typeof bySite>[0]): AlertQuery {
  return {
    query: formulaQuery({
      measurement: '"access_log_upstream"',
      formulas: [formula],
      range: RANGE,
      tags: ['site', 'upstream'],
    }),
    // Details are written once a minute.
    from: 5 * MINUTE + 90,
    to: 90,
  };
}

const ON_OVERVIEW = { dashboardUid: 'nginx-overview' } as const;
/** No traffic is no failure, and an InfluxDB that blinks is reported by meter-silent alone. */
const QUIET = { noDataState: 'OK', execErrState: 'KeepLast' } as const;

/** Of an error budget of 0.1 %: 14.4 and 6 times the speed that would use it up in a month. */
const FAST_BURN = 0.0144;
const SLOW_BURN = 0.006;

export const TRAFFIC_RULES: readonly AlertRule[] = [
  {
    uid: 'nginx-5xx-ratio-high',
    title: 'Many requests fail (5xx)',
    queries: { ratio: failures(5 * MINUTE), requests: requests(5 * MINUTE) },
    equation: '$ratio * ($requests >= 50)',
    above: 0.05,
    for: '3m',
    keepFiringFor: '2m',
    severity: 'critical',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 9,
    summary:
      '{{ $labels.site }}: {{ $values.ratio.Value | humanizePercentage }} of requests fail (5xx)',
    description:
      'Open the routes by errors and the upstreams; roll back if a release is minutes old.',
  },
  {
    uid: 'nginx-5xx-ratio-warn',
    title: 'Some requests fail (5xx)',
    queries: { ratio: failures(15 * MINUTE), requests: requests(15 * MINUTE) },
    equation: '$ratio * ($requests >= 200)',
    above: 0.01,
    for: '10m',
    severity: 'warning',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 9,
    summary:
      '{{ $labels.site }}: {{ $values.ratio.Value | humanizePercentage }} of requests fail (5xx)',
    description: 'Find the route or upstream before it becomes many.',
  },
  {
    uid: 'nginx-slo-burn-fast',
    title: 'Error budget burns fast',
    queries: { hour: failures(HOUR), now: failures(5 * MINUTE), requests: requests(HOUR) },
    equation: `($hour > ${FAST_BURN}) * ($now > ${FAST_BURN}) * ($requests >= 200)`,
    above: 0,
    for: '2m',
    severity: 'critical',
    isPaused: true,
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 9,
    summary: '{{ $labels.site }}: a month of a 99.9 % objective would be gone in two days',
    description:
      'Only for sites with such an objective; unpause it and set the objective in the code.',
  },
  {
    uid: 'nginx-slo-burn-slow',
    title: 'Error budget burns slowly',
    queries: {
      hours: failures(6 * HOUR),
      now: failures(30 * MINUTE),
      requests: requests(6 * HOUR),
    },
    equation: `($hours > ${SLOW_BURN}) * ($now > ${SLOW_BURN}) * ($requests >= 1000)`,
    above: 0,
    for: '15m',
    severity: 'warning',
    isPaused: true,
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 9,
    summary: '{{ $labels.site }}: a month of a 99.9 % objective would be gone in five days',
    description:
      'Only for sites with such an objective; unpause it and set the objective in the code.',
  },
  {
    uid: 'nginx-latency-p95',
    title: 'Requests are slow (p95)',
    queries: { p95, requests: requests(5 * MINUTE) },
    equation: '$p95 * ($requests >= 50)',
    above: 1000,
    for: '5m',
    severity: 'warning',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 12,
    summary:
      '{{ $labels.site }}: one request in twenty takes over {{ humanize $values.p95.Value }} ms',
    description:
      'Look at the routes by time consumed, and whether upstreams or the network take the time.',
  },
  {
    uid: 'nginx-traffic-drop',
    title: 'Far fewer requests than a day ago',
    queries: { now: requests(10 * MINUTE), before: requests(10 * MINUTE, DAY) },
    equation: '($now < 0.3 * $before) * ($before >= 500)',
    above: 0,
    for: '10m',
    severity: 'warning',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 8,
    summary:
      '{{ $labels.site }}: {{ $values.now.Value }} requests in ten minutes, {{ $values.before.Value }} a day ago',
    description: 'Look from outside: DNS, certificate, balancer. A holiday is a reason, too.',
  },
  {
    uid: 'nginx-traffic-gone',
    title: 'No requests at all',
    // An idle site is written as zeros: a row that says 0 is the proof that the meter is alive.
    queries: { now: requests(5 * MINUTE), before: requests(HOUR, 5 * MINUTE) },
    equation: '($now == 0) * ($before >= 100)',
    above: 0,
    for: '5m',
    severity: 'critical',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 7,
    summary:
      '{{ $labels.site }}: not one request in five minutes, {{ $values.before.Value }} in the hour before',
    description:
      'The meter runs, so nginx gets nothing or no longer logs: try the site from outside, then nginx -T.',
  },
  {
    uid: 'nginx-4xx-spike',
    title: 'Many requests are refused (4xx)',
    queries: { ratio: clientErrors(10 * MINUTE), requests: requests(10 * MINUTE) },
    equation: '$ratio * ($requests >= 200)',
    above: 0.3,
    for: '10m',
    severity: 'warning',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 9,
    summary:
      '{{ $labels.site }}: {{ $values.ratio.Value | humanizePercentage }} of requests are refused (4xx)',
    description:
      'Either a scan (see clients and not found), or a release that broke links or log-ins.',
  },
  {
    uid: 'nginx-upstream-errors',
    title: 'An upstream fails',
    queries: {
      ratio: upstream(ratio('c5xx', 'count', 'ratio')),
      requests: upstream(sum('count', 'requests')),
    },
    equation: '$ratio * ($requests >= 50)',
    above: 0.05,
    for: '5m',
    severity: 'critical',
    ...QUIET,
    ...ON_OVERVIEW,
    panelId: 18,
    summary:
      '{{ $labels.upstream }} ({{ $labels.site }}): {{ $values.ratio.Value | humanizePercentage }} of answers fail',
    description:
      'If one server fails, take it out of the upstream block; if all fail, look at what they depend on.',
  },
];
