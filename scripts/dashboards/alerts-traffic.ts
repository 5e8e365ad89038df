/** Alert rules on what nginx serves. All by site, so one busy site does not hide another. */
import type { AlertQuery, AlertRule } from './alert-rule.ts';
import { FAILED, type Formula, formulaQuery, RANGE, ratio, type Source, sum } from './influxql.ts';
import { p95 } from './quantile.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What is younger may not have been written yet; details are written once a minute. */
const SETTLED = 30;
const SETTLED_DETAIL = 90;

const SITES: Source = { measurement: '"access_log"', range: RANGE };
const UPSTREAMS: Source = { measurement: '"access_log_upstream"', range: RANGE };

function bySite(formula: Formula) {
  const query = formulaQuery({ ...SITES, formulas: [formula], tags: ['site'] });
  return (seconds: number, endsAgo = 0): AlertQuery => {
    const to = endsAgo + SETTLED;
    return { query, from: to + seconds, to };
  };
}

const requests = bySite(sum('count', 'requests'));
const failures = bySite(FAILED);
const clientErrors = bySite(ratio('c4xx', 'count', 'ratio'));

function upstream(formula: Formula, tags: readonly string[]): AlertQuery {
  const query = formulaQuery({ ...UPSTREAMS, formulas: [formula], tags });
  return { query, from: 5 * MINUTE + SETTLED_DETAIL, to: SETTLED_DETAIL };
}

/**
 * Of the upstreams, not of whole requests: those of a site with downloads last as long as its visitors'
 * lines are slow, and nothing is wrong with it. In seconds, which the summary can write for people.
 */
function slowness(seconds: number, endsAgo: number): AlertQuery {
  const to = endsAgo + SETTLED_DETAIL;
  return { query: p95(UPSTREAMS, { tags: ['site'], unitMs: 1000 }), from: to + seconds, to };
}

const UPSTREAM_TAGS = ['site', 'upstream'];

/** Of an error budget of 0.1 %: 14.4 and 6 times the speed that would use it up in a month. */
const FAST_BURN = 0.0144;
const SLOW_BURN = 0.006;
const BY_OBJECTIVE = {
  switch: { variable: 'ALERT_ERROR_BUDGET', unset: 'off' },
} as const;

export const TRAFFIC_RULES: readonly AlertRule[] = [
  {
    uid: 'nginx-5xx-ratio-high',
    queries: { ratio: failures(5 * MINUTE), requests: requests(5 * MINUTE) },
    equation: '$ratio * ($requests >= 50)',
    above: 0.05,
    keepFiringFor: '2m',
  },
  {
    uid: 'nginx-5xx-ratio-warn',
    // Beyond 5 % it is the other rule's: one trouble is not told twice.
    queries: { ratio: failures(15 * MINUTE), requests: requests(15 * MINUTE) },
    equation: '$ratio * ($requests >= 200) * ($ratio <= 0.05)',
    above: 0.01,
  },
  {
    uid: 'nginx-slo-burn-fast',
    queries: { hour: failures(HOUR), now: failures(5 * MINUTE), requests: requests(HOUR) },
    equation: `($hour > ${FAST_BURN}) * ($now > ${FAST_BURN}) * ($requests >= 200)`,
    above: 0,
    ...BY_OBJECTIVE,
  },
  {
    uid: 'nginx-slo-burn-slow',
    queries: {
      hours: failures(6 * HOUR),
      now: failures(30 * MINUTE),
      requests: requests(6 * HOUR),
    },
    equation: `($hours > ${SLOW_BURN}) * ($now > ${SLOW_BURN}) * ($requests >= 1000)`,
    above: 0,
    ...BY_OBJECTIVE,
  },
  {
    uid: 'nginx-latency-p95',
    queries: {
      p95: slowness(5 * MINUTE, 0),
      usual: slowness(HOUR, 5 * MINUTE),
      requests: upstream(sum('count', 'requests'), ['site']),
    },
    equation: '$p95 * ($requests >= 50)',
    above: 1,
  },
  {
    uid: 'nginx-traffic-drop',
    queries: { now: requests(10 * MINUTE), before: requests(10 * MINUTE, DAY) },
    equation: '($now < 0.3 * $before) * ($before >= 500)',
    above: 0,
  },
  {
    uid: 'nginx-traffic-gone',
    // An idle site is written as zeros: a row that says 0 is the proof that the meter is alive.
    queries: { now: requests(5 * MINUTE), before: requests(HOUR, 5 * MINUTE) },
    equation: '($now == 0) * ($before >= 100)',
    above: 0,
  },
  {
    uid: 'nginx-4xx-spike',
    queries: { ratio: clientErrors(10 * MINUTE), requests: requests(10 * MINUTE) },
    equation: '$ratio * ($requests >= 200)',
    above: 0.3,
  },
  {
    uid: 'nginx-upstream-errors',
    queries: {
      ratio: upstream(FAILED, UPSTREAM_TAGS),
      requests: upstream(sum('count', 'requests'), UPSTREAM_TAGS),
    },
    equation: '$ratio * ($requests >= 50)',
    above: 0.05,
  },
];
