import { committedTotals, type CommittedTraffic } from '../aggregate/committed-traffic.ts';
import type { TrafficLatency, TrafficTotals } from '../aggregate/traffic-totals.ts';
import { printable } from '../text/printable.ts';
import type { MetricAbout } from './metric-about.ts';

/**
 * The traffic in the Prometheus text format. It is written here and not by the client library, whose
 * histograms can only observe one value after the other.
 */
const BY_SITE = ['log', 'site'];
/** 0 takes statuses outside 100…599. */
const CLASS_NAMES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

interface Family extends MetricAbout {
  readonly samples: (totals: TrafficTotals, log: string, add: Add) => void;
}

type Add = (value: number, labels: Labels, suffix?: string) => void;
type Labels = Readonly<Record<string, string>>;

const FAMILIES: readonly Family[] = [
  {
    name: 'nginx_http_requests_total',
    type: 'counter',
    help: 'Requests counted, by class of status, as of the last checkpoint.',
    labelNames: [...BY_SITE, 'class'],
    samples: (totals, log, add) => {
      for (const { site, classes } of totals.sites) {
        CLASS_NAMES.forEach((name, i) => {
          const count = classes[i] ?? 0;
          if (name !== 'other' || count > 0) add(count, { log, site, class: name });
        });
      }
    },
  },
  {
    name: 'nginx_http_response_bytes_total',
    type: 'counter',
    help: 'Bytes sent to clients, as of the last checkpoint.',
    labelNames: BY_SITE,
    samples: (totals, log, add) => {
      for (const { site, bytes } of totals.sites) add(bytes, { log, site });
    },
  },
  {
    name: 'nginx_http_request_duration_seconds',
    type: 'histogram',
    help: 'Time of the requests, where the log has it, as of the last checkpoint.',
    labelNames: BY_SITE,
    samples: (totals, log, add) => {
      for (const { site, latency } of totals.sites) addHistogram(latency, { log, site }, add);
    },
  },
  {
    name: 'nginx_http_requests_by_status_total',
    type: 'counter',
    help: 'Requests by status, LATENESS behind.',
    labelNames: [...BY_SITE, 'status'],
    samples: (totals, log, add) => {
      for (const { site, value, count } of totals.statuses)
        add(count, { log, site, status: value });
    },
  },
  {
    name: 'nginx_http_route_requests_total',
    type: 'counter',
    help: 'Requests by route, LATENESS behind.',
    labelNames: [...BY_SITE, 'route'],
    samples: (totals, log, add) => {
      for (const { site, value, count } of totals.routes) add(count, { log, site, route: value });
    },
  },
  {
    name: 'nginx_http_upstream_requests_total',
    type: 'counter',
    help: 'Requests by the upstream server that answered, LATENESS behind.',
    labelNames: [...BY_SITE, 'upstream'],
    samples: (totals, log, add) => {
      for (const { site, value, count } of totals.upstreams) {
        add(count, { log, site, upstream: value });
      }
    },
  },
  {
    name: 'nginx_http_upstream_duration_seconds',
    type: 'histogram',
    help: 'Time of the requests by upstream server, where the log has it, LATENESS behind.',
    labelNames: [...BY_SITE, 'upstream'],
    samples: (totals, log, add) => {
      for (const { site, value, latency } of totals.upstreams) {
        addHistogram(latency, { log, site, upstream: value }, add);
      }
    },
  },
];

/** What there is, for the documentation. */
export const TRAFFIC_METRICS: readonly MetricAbout[] = FAMILIES;

export function renderTraffic(logs: readonly CommittedTraffic[]): string {
  const all = logs.map((log) => ({ log: log.log, totals: committedTotals(log) }));
  let text = '';
  for (const { name, help, type, samples } of FAMILIES) {
    let lines = '';
    const add: Add = (value, labels, suffix = '') => {
      lines += `${name}${suffix}{${labelText(labels)}} ${value}\n`;
    };
    for (const { log, totals } of all) samples(totals, log, add);
    if (lines !== '') text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}`;
  }
  return text;
}

function addHistogram(latency: TrafficLatency, labels: Labels, add: Add): void {
  const { count, sumMs, boundsMs, bins } = latency;
  if (count === 0) return;
  let below = 0;
  boundsMs.forEach((boundMs, i) => {
    below += bins[i] ?? 0;
    add(below, { ...labels, le: String(boundMs / 1000) }, '_bucket');
  });
  add(count, { ...labels, le: '+Inf' }, '_bucket');
  add(sumMs / 1000, labels, '_sum');
  add(count, labels, '_count');
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

/** Control characters are shown as escapes of ours, the format's own ones are for these three. */
function escaped(value: string): string {
  return printable(value).replace(/["\\\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}
