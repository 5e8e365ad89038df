import type { LogFigures } from '../status/meter-status.ts';
import type { Summary } from '../summary/model.ts';
import { bytesText, durationText, spanText, wholeText } from '../summary/units.ts';
import type { Answer } from './answer.ts';
import { element, place, show } from './elements.ts';
import { type Column, tableOf } from './table.ts';

/** How the meter itself is doing, and the lines it cannot read. */
export function showMeter({ meter, summary }: Answer): void {
  const { unready, logs, nowMs } = meter;
  // Whoever looks at the first screen must not miss it.
  const [first] = unready;
  place('unready').hidden = first === undefined;
  if (first !== undefined) {
    const { subject, message } = first;
    const more =
      unready.length > 1 ? ` And ${unready.length - 1} more, at the end of the page.` : '';
    show('unready', element('span', {}, `${subject ?? 'The meter'}: ${message}${more}`));
  }
  const reasons = unready.map(({ subject, message }) =>
    element('li', { class: 'bad' }, subject === undefined ? message : `${subject}: ${message}`),
  );
  show(
    'meter',
    element('h2', {}, 'The meter'),
    ...(reasons.length === 0 ? [] : [element('ul', {}, ...reasons)]),
    element('p', { class: 'hint' }, stateText(meter)),
    ...(logs.length === 0 ? [] : [tableOf(logColumns(nowMs), logs)]),
    ...unparsedOf(logs, summary),
  );
}

function stateText({ version, uptimeMs, spool, writer, process }: Answer['meter']): string {
  const database =
    writer === undefined
      ? 'no database (INFLUX_URL is not set)'
      : `${writer.target} ${writer.state}, ${wholeText(writer.points)} points written${writer.points > 0 ? `, last in ${durationText(writer.writeMs)}` : ''}`;
  const waiting =
    spool.records === 0 ? 'nothing waits' : `${durationText(spool.ageMs)} of points wait`;
  return [
    `version ${version}`,
    `up ${spanText(uptimeMs / 1000)}`,
    `memory ${bytesText(process.rssBytes)}`,
    `spool ${bytesText(spool.bytes)} of ${bytesText(spool.maxBytes)}, ${waiting}`,
    database,
  ].join(' · ');
}

function logColumns(nowMs: number): Column<LogFigures>[] {
  const plain = (name: string, of: (row: LogFigures) => string, isText = false) => ({
    name,
    label: name,
    value: of,
    show: of,
    isText,
  });
  return [
    plain('log', ({ log }) => log, true),
    plain('file', ({ path }) => path, true),
    plain('newest line', ({ watermarkMs }) =>
      watermarkMs === undefined
        ? 'none yet'
        : `${durationText(Math.max(0, nowMs - watermarkMs))} ago`,
    ),
    plain('behind', ({ lagMs }) => durationText(lagMs)),
    plain('not read yet', ({ unreadBytes }) => bytesText(unreadBytes)),
    plain('lines', ({ lines }) => wholeText(lines)),
    {
      ...plain('unparsed', (row) => wholeText(unparsedLines(row))),
      tone: (row) => (unparsedLines(row) > 0 ? 'warn' : undefined),
    },
    plain('late', ({ late }) => wholeText(late)),
  ];
}

function unparsedLines({ unparsed }: LogFigures): number {
  return Object.values(unparsed).reduce((sum, lines) => sum + lines, 0);
}

function unparsedOf(logs: readonly LogFigures[], summary: Summary | null): HTMLElement[] {
  const examples = logs.flatMap(({ log, unparsedExample }) =>
    unparsedExample === undefined
      ? []
      : [element('code', {}, `${log} (${unparsedExample.reason}): ${unparsedExample.example}`)],
  );
  const reasons = summary?.gaps.unparsed ?? [];
  if (examples.length === 0 && reasons.length === 0) return [];
  const counts = reasons.map(({ reason, lines }) => `${wholeText(lines)} ${reason}`).join(', ');
  return [
    element('h3', {}, 'Lines that cannot be read'),
    element(
      'p',
      { class: 'hint' },
      `${counts === '' ? '' : `In this span: ${counts}. `}nginx-meter check FILE shows where such lines ` +
        'stop matching; LOG_FORMAT is the log_format of nginx.conf.',
    ),
    ...examples,
  ];
}
