import {
  bytesText,
  clockText,
  durationText,
  percentText,
  rateText,
  spanText,
  timeText,
  wholeText,
} from '../../summary/units.ts';
import { ROUND_STEPS_S } from '../../summary/build.ts';
import type { Summary, TimelineStep } from '../../summary/model.ts';
import { cutInMiddle, inColumns } from './columns.ts';
import { BOLD, type Paint, RED, RED_FROM, safe } from './paint.ts';
import { keys, properties, routes, sites, statuses, upstreams } from './summary-tables.ts';
import { widthOf } from './terminal-region.ts';

/**
 * A summary as lines of text: for a terminal of any width from 40 on, or for a file. Nothing that a
 * client wrote gets there raw. What has no content is left out.
 */
export interface TextOptions {
  readonly columns: number;
  readonly color: boolean;
  /** Rows of the timeline. */
  readonly timelineRows?: number;
}

const TIMELINE_ROWS = 24;

export function summaryText(summary: Summary, options: TextOptions): string[] {
  const paint: Paint = (style, text) => (options.color ? `\u001b[${style}m${text}\u001b[0m` : text);
  const columns = Math.max(40, options.columns);
  const hasSites = summary.sites.length > 1;
  const sections = [
    head(summary, columns, paint),
    timeline(summary, columns, options.timelineRows ?? TIMELINE_ROWS, paint),
    statuses(summary, columns, paint),
    sites(summary, columns, paint),
    routes('Route', summary.routes, hasSites, columns, paint),
    routes('Failing route', summary.failingRoutes, hasSites, columns, paint),
    upstreams(summary, columns, paint),
    keys('Not found', summary.notFound, hasSites, columns, paint),
    keys('Client', summary.clients, hasSites, columns, paint),
    keys('URL', summary.urls, hasSites, columns, paint),
    keys('Referer', summary.referers, hasSites, columns, paint),
    keys('User agent', summary.userAgents, hasSites, columns, paint),
    properties(summary, columns, paint),
    gaps(summary, columns),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

const countText = (count: number, one: string): string =>
  `${wholeText(count)} ${one}${count === 1 ? '' : 's'}`;

function head({ span, origin, totals }: Summary, columns: number, paint: Paint): string[] {
  const { lines, latency, peak, clients, botShare, classes } = totals;
  const names = cutInMiddle(origin.names.map(safe).join(', '), Math.floor(columns / 2));
  const took = origin.tookMs === undefined ? '' : `, ${durationText(origin.tookMs)}`;
  const read = `${countText(lines.read, 'line')}${took}`;
  const length = Math.max(0, span.untilS - span.fromS);
  const when =
    totals.requests === 0
      ? 'no requests'
      : `${timeText(span.fromS)} – ${timeText(span.untilS)} UTC (${spanText(length)})`;
  const busiest =
    peak === undefined
      ? ''
      : `, peak ${rateText(peak.perSecond)} at ${clockText(peak.atS, peak.stepS)}`;
  const share = (of: number | undefined) =>
    totals.requests === 0 ? 0 : (of ?? 0) / totals.requests;
  const bad = share(classes[4]);
  const figures = [
    [
      paint(BOLD, countText(totals.requests, 'request')),
      `${rateText(totals.perSecond)}${busiest}`,
      bytesText(totals.traffic),
      [
        ...(clients === undefined ? [] : [countText(clients.estimate, 'client')]),
        ...(botShare === undefined ? [] : [`${percentText(botShare)} bots`]),
      ].join(', '),
    ],
    [
      `4xx ${percentText(share(classes[3]))}   ` +
        (bad >= RED_FROM ? paint(RED, `5xx ${percentText(bad)}`) : `5xx ${percentText(bad)}`),
      latency === undefined
        ? ''
        : `p50 ${durationText(latency.p50Ms)}   p95 ${durationText(latency.p95Ms)}   p99 ${durationText(latency.p99Ms)}`,
      lines.unparsed === 0
        ? ''
        : `${countText(lines.unparsed, 'line')} unparsed (${percentText(lines.unparsed / lines.read)})`,
      lines.filtered === 0 ? '' : `${wholeText(lines.filtered)} left out`,
    ],
  ];
  return [
    ...wrapped([paint(BOLD, names), when, read], columns, 0),
    '',
    ...figures.flatMap((row) =>
      wrapped(
        row.filter((text) => text !== ''),
        columns,
        2,
      ),
    ),
  ];
}

/** Pieces side by side, as many as fit on a line. */
function wrapped(pieces: readonly string[], columns: number, indent: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 6 + widthOf(piece) <= columns)
      lines[lines.length - 1] = `${last}      ${piece}`;
    else lines.push(' '.repeat(indent) + piece);
  }
  return lines;
}

function timeline(summary: Summary, columns: number, rowsMax: number, paint: Paint): string[] {
  const { stepS, steps } = coarser(summary, rowsMax);
  if (steps.length < 2) return [];
  const most = Math.max(...steps.map(({ requests }) => requests));
  const counts = steps.map(({ requests }) => wholeText(requests));
  const barRoom = Math.max(8, Math.min(120, columns - 60));
  const bars = steps.map(({ requests }) => bar(requests / most, barRoom));
  const share = (i: number, c: number) => {
    const { requests, classes } = steps[i] ?? { requests: 0, classes: [] };
    return requests === 0 ? 0 : (classes[c] ?? 0) / requests;
  };
  const shares = (c: number) =>
    steps.map((_, i) => (share(i, c) === 0 ? '–' : percentText(share(i, c))));
  const hasTimes = steps.some(({ latency }) => latency !== undefined);
  const isDaily = steps.some(({ startS }, i) => {
    const next = steps[i + 1]?.startS;
    return next !== undefined && Math.floor(startS / 86_400) !== Math.floor(next / 86_400);
  });
  return inColumns(
    {
      head: 'When',
      cells: steps.map(({ startS }) =>
        isDaily && stepS < 86_400 ? timeText(startS, stepS) : clockText(startS, stepS),
      ),
    },
    [
      { head: '', cells: bars.map((text) => text.padEnd(barRoom)), rank: 4 },
      { head: 'requests', cells: counts, rank: 0 },
      { head: '4xx', cells: shares(3), rank: 2 },
      {
        head: '5xx',
        cells: shares(4),
        rank: 1,
        paint: (row, text) => (share(row, 4) >= RED_FROM ? paint(RED, text) : text),
      },
      ...(hasTimes
        ? [
            {
              head: 'p95',
              cells: steps.map(({ latency }) =>
                latency === undefined ? '' : durationText(latency.p95Ms),
              ),
              rank: 3,
            },
          ]
        : []),
    ],
    columns,
  );
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function bar(share: number, room: number): string {
  const eighths = Math.round(8 * room * share);
  return '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
}

/** At most so many steps; percentiles of several steps are those of the worst of them. */
function coarser(
  { timeline: { stepS, steps } }: Summary,
  rowsMax: number,
): { stepS: number; steps: readonly TimelineStep[] } {
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return { stepS, steps: [] };
  const spanned = (last.startS - first.startS) / stepS + 1;
  const isRound = (one: number) => one % stepS === 0 && (spanned * stepS) / one <= rowsMax;
  const factor = (ROUND_STEPS_S.find(isRound) ?? Math.ceil(spanned / rowsMax) * stepS) / stepS;
  if (factor === 1) return { stepS, steps };
  const merged = new Map<number, TimelineStep>();
  for (const step of steps) {
    const startS = Math.floor(step.startS / (factor * stepS)) * factor * stepS;
    const before = merged.get(startS);
    merged.set(startS, before === undefined ? { ...step, startS } : together(before, step));
  }
  return { stepS: factor * stepS, steps: [...merged.values()] };
}

function together(a: TimelineStep, b: TimelineStep): TimelineStep {
  const worse = (a.latency?.p95Ms ?? -1) >= (b.latency?.p95Ms ?? -1) ? a.latency : b.latency;
  return {
    startS: a.startS,
    requests: a.requests + b.requests,
    classes: a.classes.map((count, i) => count + (b.classes[i] ?? 0)),
    traffic: a.traffic + b.traffic,
    ...(worse === undefined ? {} : { latency: worse }),
  };
}

function gaps({ gaps: { unparsed, example, lacks } }: Summary, columns: number): string[] {
  const lines = [];
  if (unparsed.length > 0) {
    const reasons = unparsed.map((one) => `${one.reason} ${wholeText(one.lines)}`).join(', ');
    lines.push(`Unparsed lines by reason: ${reasons}.`);
    if (example !== undefined) lines.push(`  for example: ${cutInMiddle(example, columns - 15)}`);
  }
  if (lacks.length > 0) {
    const wanted = lacks.map(({ variable, adds }) => `$${variable} (${adds})`).join(', ');
    lines.push(`The log lacks ${wanted}.`);
  }
  return lines;
}
