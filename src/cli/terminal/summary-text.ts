import { printable } from '../../text/printable.ts';
import {
  bytesText,
  clockText,
  durationText,
  percentText,
  rateText,
  shortText,
  spanText,
  timeText,
  wholeText,
} from '../../summary/units.ts';
import type {
  Figures,
  KeyRow,
  Rows,
  RouteRow,
  Summary,
  TimelineStep,
} from '../../summary/model.ts';
import { type Column, cutInMiddle, inColumns } from './columns.ts';
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
const KEY_CHARACTERS_MAX = 300;
const RED = 31;
const YELLOW = 33;
const DIM = 2;
const BOLD = 1;
/** From here on a share of 5xx is red, and of 4xx yellow. */
const RED_FROM = 0.01;
const YELLOW_FROM = 0.25;

type Paint = (style: number, text: string) => string;

export function summaryText(summary: Summary, options: TextOptions): string[] {
  const paint: Paint = (style, text) => (options.color ? `\u001b[${style}m${text}\u001b[0m` : text);
  const columns = Math.max(40, options.columns);
  const sections = [
    head(summary, columns, paint),
    timeline(summary, columns, options.timelineRows ?? TIMELINE_ROWS, paint),
    statuses(summary, columns, paint),
    sites(summary, columns, paint),
    routes('Route', summary.routes, columns, paint),
    routes('Failing route', summary.failingRoutes, columns, paint),
    upstreams(summary, columns, paint),
    keys('Not found', summary.notFound, columns, paint),
    keys('Client', summary.clients, columns, paint),
    keys('URL', summary.urls, columns, paint),
    keys('Referer', summary.referers, columns, paint),
    keys('User agent', summary.userAgents, columns, paint),
    properties(summary, columns, paint),
    gaps(summary, columns),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

const safe = (text: string): string => printable(text, KEY_CHARACTERS_MAX);

function head({ span, origin, totals }: Summary, columns: number, paint: Paint): string[] {
  const { lines, latency, peak, clients, botShare, classes } = totals;
  const names = cutInMiddle(origin.names.map(safe).join(', '), Math.floor(columns / 2));
  const took = origin.tookMs === undefined ? '' : `, ${durationText(origin.tookMs)}`;
  const read = `${wholeText(lines.read)} lines${took}`;
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
      paint(BOLD, `${wholeText(totals.requests)} requests`),
      `${rateText(totals.perSecond)}${busiest}`,
      bytesText(totals.traffic),
      [
        ...(clients === undefined ? [] : [`${wholeText(clients.estimate)} clients`]),
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
        : `${wholeText(lines.unparsed)} lines unparsed (${percentText(lines.unparsed / lines.read)})`,
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
  const barRoom = Math.max(8, Math.min(60, columns - 50));
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
      cells: steps.map(
        ({ startS }, i) =>
          `${isDaily && stepS < 86_400 ? timeText(startS, stepS) : clockText(startS, stepS)}  ${bars[i] ?? ''}`,
      ),
    },
    [
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
  const factor =
    FACTORS.find((one) => spanned / one <= rowsMax - 1) ?? Math.ceil(spanned / rowsMax);
  if (factor === 1) return { stepS, steps };
  const merged = new Map<number, TimelineStep>();
  for (const step of steps) {
    const startS = Math.floor(step.startS / (factor * stepS)) * factor * stepS;
    const before = merged.get(startS);
    merged.set(startS, before === undefined ? { ...step, startS } : together(before, step));
  }
  return { stepS: factor * stepS, steps: [...merged.values()] };
}

const FACTORS = [1, 2, 3, 4, 6, 10, 12, 20, 24, 30];

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

function statuses(summary: Summary, columns: number, paint: Paint): string[] {
  const rows = summary.statuses;
  if (rows.length === 0) return [];
  return inColumns(
    {
      head: 'Status',
      cells: rows.map(({ status }) => status),
      paint: (row, text) => colourOf(rows[row]?.status ?? '', text, paint),
    },
    [
      { head: 'requests', cells: rows.map(({ requests }) => wholeText(requests)), rank: 0 },
      { head: '%', cells: rows.map(({ share }) => percentText(share)), rank: 1 },
      { head: 'traffic', cells: rows.map(({ traffic }) => bytesText(traffic)), rank: 2 },
    ],
    columns,
  );
}

function colourOf(status: string, text: string, paint: Paint): string {
  if (status.startsWith('5')) return paint(RED, text);
  return status.startsWith('4') ? paint(YELLOW, text) : text;
}

function figureColumns(rows: readonly Figures[], paint: Paint): Column[] {
  const errorShare = ({ requests, errors }: Figures) => (requests === 0 ? 0 : errors / requests);
  return [
    { head: 'requests', cells: rows.map(({ requests }) => wholeText(requests)), rank: 0 },
    { head: '%', cells: rows.map(({ share }) => percentText(share)), rank: 2 },
    {
      head: 'errors',
      cells: rows.map((row) => (row.errors === 0 ? '–' : percentText(errorShare(row)))),
      rank: 1,
      paint: (i, text) => {
        const row = rows[i];
        return row !== undefined && errorShare(row) >= YELLOW_FROM ? paint(YELLOW, text) : text;
      },
    },
    { head: 'traffic', cells: rows.map(({ traffic }) => bytesText(traffic)), rank: 3 },
  ];
}

function sites({ sites: rows }: Summary, columns: number, paint: Paint): string[] {
  if (rows.length < 2) return [];
  const shown = rows.slice(0, 10);
  return [
    ...inColumns(
      { head: 'Site', cells: shown.map(({ site }) => safe(site)) },
      figureColumns(shown, paint),
      columns,
    ),
    ...more(rows.length - shown.length, 'exact', paint),
  ];
}

function routes(name: string, list: Rows<RouteRow>, columns: number, paint: Paint): string[] {
  const { rows } = list;
  if (rows.length === 0 || rows.every(({ route }) => route === '-')) return [];
  const hasSites = new Set(rows.map(({ site }) => site)).size > 1;
  const count = (c: number) =>
    rows.map(({ classes }) => ((classes[c] ?? 0) === 0 ? '–' : shortText(classes[c] ?? 0)));
  const hasTimes = rows.some(({ latency }) => latency !== undefined);
  const ms = (of: 'p50Ms' | 'p95Ms' | 'maxMs') =>
    rows.map(({ latency }) => (latency === undefined ? '' : durationText(latency[of])));
  return [
    ...inColumns(
      {
        head: name,
        cells: rows.map(({ site, route }) => safe(hasSites ? `${site} ${route}` : route)),
      },
      [
        { head: 'requests', cells: rows.map(({ requests }) => wholeText(requests)), rank: 0 },
        { head: '%', cells: rows.map(({ share }) => percentText(share)), rank: 4 },
        { head: '4xx', cells: count(3), rank: 3 },
        {
          head: '5xx',
          cells: count(4),
          rank: 1,
          paint: (row, text) =>
            (rows[row]?.classes[4] ?? 0) >= RED_FROM * (rows[row]?.requests ?? 0) && text !== '–'
              ? paint(RED, text)
              : text,
        },
        ...(hasTimes
          ? [
              { head: 'p50', cells: ms('p50Ms'), rank: 5 },
              { head: 'p95', cells: ms('p95Ms'), rank: 2 },
              { head: 'max', cells: ms('maxMs'), rank: 7 },
              {
                head: 'time',
                cells: rows.map(({ timeShare }) =>
                  timeShare === undefined ? '' : percentText(timeShare),
                ),
                rank: 3,
              },
            ]
          : []),
        { head: 'traffic', cells: rows.map(({ traffic }) => bytesText(traffic)), rank: 6 },
      ],
      columns,
    ),
    ...more(list.more, list.accuracy, paint),
  ];
}

function upstreams({ upstreams: list }: Summary, columns: number, paint: Paint): string[] {
  const { rows } = list;
  if (rows.length === 0) return [];
  const count = (of: 'failures' | 'retries') =>
    rows.map((row) => (row[of] === 0 ? '–' : shortText(row[of])));
  const ms = (of: 'p50Ms' | 'p95Ms') =>
    rows.map(({ latency }) => (latency === undefined ? '' : durationText(latency[of])));
  return [
    ...inColumns(
      { head: 'Upstream', cells: rows.map(({ upstream }) => safe(upstream)) },
      [
        { head: 'requests', cells: rows.map(({ requests }) => wholeText(requests)), rank: 0 },
        { head: '%', cells: rows.map(({ share }) => percentText(share)), rank: 4 },
        {
          head: '5xx',
          cells: count('failures'),
          rank: 1,
          paint: (_, text) => (text === '–' ? text : paint(RED, text)),
        },
        { head: 'retries', cells: count('retries'), rank: 3 },
        { head: 'p50', cells: ms('p50Ms'), rank: 5 },
        { head: 'p95', cells: ms('p95Ms'), rank: 2 },
      ],
      columns,
    ),
    ...more(list.more, list.accuracy, paint),
  ];
}

function keys(name: string, list: Rows<KeyRow>, columns: number, paint: Paint): string[] {
  const { rows } = list;
  if (rows.length === 0) return [];
  const hasSites = new Set(rows.map(({ site }) => site)).size > 1;
  return [
    ...inColumns(
      { head: name, cells: rows.map(({ site, key }) => safe(hasSites ? `${site} ${key}` : key)) },
      figureColumns(rows, paint),
      columns,
    ),
    ...more(list.more, list.accuracy, paint),
  ];
}

function more(rows: number, accuracy: Rows<unknown>['accuracy'], paint: Paint): string[] {
  const parts = [];
  if (rows > 0) parts.push(`${wholeText(rows)} more`);
  if (accuracy === 'at-least') parts.push('counts are at least these');
  else if (accuracy !== 'exact')
    parts.push(`estimates: a count may be too great by ${wholeText(accuracy.tooGreatBy)} at most`);
  return parts.length === 0 ? [] : [paint(DIM, parts.join('; '))];
}

const PROPERTY_NAMES: Readonly<Record<string, string>> = {
  agent: 'Agents',
  method: 'Methods',
  proto: 'Protocols',
  cache: 'Cache',
  tls: 'TLS',
  country: 'Countries',
};
const VALUES_SHOWN = 8;

function properties({ properties: found }: Summary, columns: number, paint: Paint): string[] {
  return Object.entries(found).flatMap(([dim, rows]) => {
    const shown = rows
      .slice(0, VALUES_SHOWN)
      .map(({ value, share }) => `${safe(value)} ${percentText(share)}`);
    if (rows.length > VALUES_SHOWN) shown.push(paint(DIM, `${rows.length - VALUES_SHOWN} more`));
    const name = (PROPERTY_NAMES[dim] ?? dim).padEnd(11);
    const lines: string[] = [];
    for (const text of shown) {
      const last = lines.at(-1);
      if (last !== undefined && widthOf(last) + 3 + widthOf(text) <= columns)
        lines[lines.length - 1] = `${last}   ${text}`;
      else lines.push((lines.length === 0 ? name : ' '.repeat(11)) + text);
    }
    return lines;
  });
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
