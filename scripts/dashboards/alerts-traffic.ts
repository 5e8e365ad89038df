/** Alert rules on what nginx serves. All by site, so one busy site does not hide another. */
import type { AlertQueries, AlertQuery } from './alert-rule.ts';
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

export const TRAFFIC_QUERIES: Readonly<Record<string, AlertQueries>> = {
  'nginx-5xx-ratio-high': { ratio: failures(5 * MINUTE), requests: requests(5 * MINUTE) },
  // Beyond 5 % it is the other rule's: one trouble is not told twice.
  'nginx-5xx-ratio-warn': { ratio: failures(15 * MINUTE), requests: requests(15 * MINUTE) },
  'nginx-slo-burn-fast': {
    hour: failures(HOUR),
    now: failures(5 * MINUTE),
    requests: requests(HOUR),
  },
  'nginx-slo-burn-slow': {
    hours: failures(6 * HOUR),
    now: failures(30 * MINUTE),
    requests: requests(6 * HOUR),
  },
  'nginx-latency-p95': {
    p95: slowness(5 * MINUTE, 0),
    usual: slowness(HOUR, 5 * MINUTE),
    requests: upstream(sum('count', 'requests'), ['site']),
  },
  'nginx-traffic-drop': { now: requests(10 * MINUTE), before: requests(10 * MINUTE, DAY) },
  // An idle site is written as zeros: a row that says 0 is the proof that the meter is alive.
  'nginx-traffic-gone': { now: requests(5 * MINUTE), before: requests(HOUR, 5 * MINUTE) },
  'nginx-4xx-spike': { ratio: clientErrors(10 * MINUTE), requests: requests(10 * MINUTE) },
  'nginx-upstream-errors': {
    ratio: upstream(FAILED, UPSTREAM_TAGS),
    requests: upstream(sum('count', 'requests'), UPSTREAM_TAGS),
  },
};
