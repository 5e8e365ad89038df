/** How long requests took: percentiles, a share that is exact, and the whole distribution. */
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import type { Section } from './dashboard.ts';
import { formulaQuery, from, RANGE, SELECTION, shareWithin, sum } from './influxql.ts';
import { fixed, LATENCY, PLAIN, QUANTILE_COLORS, SHARE_GOOD } from './palette.ts';
import { byColumn, heatmap, timeSeries } from './panel.ts';
import { RESOLUTION_INTERVAL } from './variables.ts';
import { quantileQuery, USUAL_QUANTILES } from './quantile.ts';

const ACCESS_LOG = from('access_log');
const BUCKET = '${__interval}';

const BOUND_MS = 512;

export const LATENCY_SECTION: Section = {
  id: 102,
  title: 'Latency',
  panels: [
    timeSeries(
      {
        id: 12,
        title: 'Latency percentiles',
        description:
          'Percentiles of all requests in each point, merged over hosts and sites from their bins (within about 2 %). p99 alone rising points at few slow routes; p50 rising at everything.',
        width: 12,
        height: 9,
        unit: 'ms',
        steps: LATENCY,
        interval: RESOLUTION_INTERVAL,
        maxDataPoints: 240,
        overrides: QUANTILE_COLORS,
        queries: byColumn(
          quantileQuery({
            quantiles: USUAL_QUANTILES,
            boundsMs: LATENCY_BOUNDS_MS,
            measurement: ACCESS_LOG,
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
          }),
        ),
      },
      { legend: 'right', legendCalcs: ['mean', 'max'], showThresholds: true },
    ),
    timeSeries(
      {
        id: 13,
        title: `Share within ${BOUND_MS} ms`,
        description: `Share of requests answered within ${BOUND_MS} ms, exact at any zoom. Below 99 % look at the percentiles and at the routes by time consumed.`,
        width: 6,
        height: 9,
        unit: 'percentunit',
        steps: SHARE_GOOD,
        interval: RESOLUTION_INTERVAL,
        max: 1,
        overrides: [fixed('within', 'green')],
        queries: byColumn(
          formulaQuery({
            measurement: ACCESS_LOG,
            formulas: [shareWithin(LATENCY_BOUNDS_MS, BOUND_MS, 'within')],
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
          }),
        ),
      },
      { showThresholds: true },
    ),
    heatmap(
      {
        id: 14,
        title: 'Latency heatmap',
        description:
          'Requests per latency bin. Two bands are two kinds of requests (cached and not, say); a band that climbs is one dependency getting slower.',
        width: 6,
        height: 9,
        unit: 'short',
        steps: PLAIN,
        interval: RESOLUTION_INTERVAL,
        maxDataPoints: 120,
        queries: byColumn(
          formulaQuery({
            measurement: ACCESS_LOG,
            formulas: [
              ...LATENCY_BOUNDS_MS.map((ms) => sum(`b_${ms}`, `${ms}`)),
              sum('b_inf', '+Inf'),
            ],
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
          }),
        ),
      },
      'ms',
    ),
  ],
};
