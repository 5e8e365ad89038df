/** The schema as Markdown, for docs/measurements.md: one table per measurement, runs of bins and registers folded. */
import { type FieldSchema, MEASUREMENTS, type MeasurementSchema } from './schema.ts';

/** Names of one kind that would fill the table: `b_1` … `b_inf`, `r000` … `r127`. */
const RUN = /^(?:b_(?:\d+|inf)|r\d{3})$/;

const MERGES = { add: 'sum', max: 'max', own: '–' } as const;

/** Markdown for the measurements that are written; ends with a line feed. */
export function renderSchemaTable(): string {
  return `${MEASUREMENTS.filter((m) => m.isWritten)
    .map(renderMeasurement)
    .join('\n\n')}\n`;
}

function renderMeasurement(measurement: MeasurementSchema): string {
  const tags = measurement.tags.map((tag) => `\`${tag.name}\` (${tag.meaning})`).join(', ');
  return [
    `**\`${measurement.name}\`** — ${measurement.meaning}. Every \`${measurement.every}\`.`,
    '',
    `Tags: ${tags}, and those of \`TAGS\`.`,
    '',
    '| field | type | unit | merged by | meaning |',
    '|---|---|---|---|---|',
    ...foldRuns(measurement.fields).map(renderRow),
  ].join('\n');
}

interface Row {
  readonly names: string;
  readonly field: FieldSchema;
  readonly meaning: string;
}

function foldRuns(fields: readonly FieldSchema[]): Row[] {
  const rows: Row[] = [];
  const run = fields.filter((field) => RUN.test(field.name));
  const first = run[0];
  for (const field of fields) {
    if (!RUN.test(field.name))
      rows.push({ names: `\`${field.name}\``, field, meaning: field.meaning });
    else if (field === first) rows.push(foldedRow(run, field));
  }
  return rows;
}

function foldedRow(run: readonly FieldSchema[], first: FieldSchema): Row {
  const names = [run[0], run[1], run.at(-2), run.at(-1)].map((field) => `\`${field?.name}\``);
  const meaning = first.name.startsWith('b_')
    ? 'requests over the previous bound and up to this one (ms), not cumulative'
    : 'registers of the estimate';
  return { names: names.toSpliced(2, 0, '…').join(' '), field: first, meaning };
}

function renderRow({ names, field, meaning }: Row): string {
  const optional = field.family === 'time' ? ' (needs `$request_time`)' : '';
  const inBytes = field.family === 'bytes-in' ? ' (needs `$request_length`)' : '';
  return `| ${names} | ${field.type} | ${field.unit} | ${MERGES[field.merge]} | ${meaning}${optional}${inBytes} |`;
}
