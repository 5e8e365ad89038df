import { widthOf } from './terminal-region.ts';

/** Shown where a figure is unknown: the format has no $request_time, or nothing happened. */
export const LOST = '–';

export interface Row {
  /** The first is text, the others are figures. All are safe to print. */
  readonly cells: readonly string[];
  readonly isBad: boolean;
}

type Paint = (text: string, color: 'bold' | 'dim' | 'red') => string;

/** Columns as wide as they need to be, figures flush right. */
export function renderTable(
  head: readonly string[],
  rows: readonly Row[],
  paint: Paint,
): readonly string[] {
  const widths = head.map((title, i) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row.cells[i] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? padEnd(cell, widths[i]) : padStart(cell, widths[i])))
      .join('  ');
  return [
    paint(line(head), 'dim'),
    ...rows.map((row) => (row.isBad ? paint(line(row.cells), 'red') : line(row.cells))),
  ];
}

function padEnd(text: string, width = 0): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function padStart(text: string, width = 0): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}
