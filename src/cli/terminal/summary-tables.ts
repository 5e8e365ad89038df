import { bytesText, durationText, percentText, shortText, wholeText } from '../../summary/units.ts';
import type { Figures, KeyRow, Rows, RouteRow, Summary } from '../../summary/model.ts';
import { type Column, inColumns } from './columns.ts';
import { DIM, type Paint, RED, RED_FROM, safe, YELLOW } from './paint.ts';
import { widthOf } from './terminal-region.ts';

/** The tables and lists of a summary; a list that has no rows has no lines. */

/** From here on the share of errors of a row is yellow. */
const YELLOW_FROM = 0.25;

export function statuses(summary: Summary, columns: number, paint: Paint): string[] {
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

export function sites({ sites: rows }: Summary, columns: number, paint: Paint): string[] {
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

export function routes(
  name: string,
  list: Rows<RouteRow>,
  hasSites: boolean,
  columns: number,
  paint: Paint,
): string[] {
  const { rows } = list;
  if (rows.every(({ route }) => route === '-')) return [];
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

export function upstreams({ upstreams: list }: Summary, columns: number, paint: Paint): string[] {
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

export function keys(
  name: string,
  list: Rows<KeyRow>,
  hasSites: boolean,
  columns: number,
  paint: Paint,
): string[] {
  const { rows } = list;
  if (rows.length === 0) return [];
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

export function properties(
  { properties: found }: Summary,
  columns: number,
  paint: Paint,
): string[] {
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
