import { widthOf } from './terminal-region.ts';

/**
 * Columns of text side by side. The first is of the width that is left over and is cut in the middle
 * where it does not fit, because the end of a path says as much as its beginning.
 */
export interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Left out, from the greatest on, where there is no room for all. */
  readonly rank: number;
  /** Escape sequences around a cell. */
  readonly paint?: ((row: number, text: string) => string) | undefined;
}

const GAP = 3;
const FIRST_MIN = 20;

/** Lines of at most `width` characters, the first one the heads. */
export function inColumns(
  first: Omit<Column, 'rank'>,
  others: readonly Column[],
  width: number,
): string[] {
  const widths = new Map(others.map((column) => [column, columnWidth(column)]));
  const kept = [...others];
  const used = () => kept.reduce((sum, column) => sum + GAP + (widths.get(column) ?? 0), 0);
  const firstMin = Math.min(FIRST_MIN, columnWidth(first));
  while (kept.length > 1 && used() + firstMin > width) {
    const least = kept.reduce((a, b) => (b.rank > a.rank ? b : a));
    kept.splice(kept.indexOf(least), 1);
  }
  const firstWidth = Math.max(8, Math.min(columnWidth(first), width - used()));
  const line = (row: number): string => {
    const text = row < 0 ? first.head : (first.cells[row] ?? '');
    const cut = cutInMiddle(text, firstWidth);
    const start = painted(first, row, cut) + ' '.repeat(firstWidth - widthOf(cut));
    const rest = kept.map((column) => {
      const cell = row < 0 ? column.head : (column.cells[row] ?? '');
      const room = (widths.get(column) ?? 0) - widthOf(cell);
      return ' '.repeat(GAP + Math.max(0, room)) + painted(column, row, cell);
    });
    return (start + rest.join('')).trimEnd();
  };
  return Array.from({ length: first.cells.length + 1 }, (_, i) => line(i - 1));
}

function painted({ paint }: Pick<Column, 'paint'>, row: number, text: string): string {
  return row < 0 || paint === undefined || text === '' ? text : paint(row, text);
}

function columnWidth({ head, cells }: Pick<Column, 'head' | 'cells'>): number {
  return cells.reduce((width, cell) => Math.max(width, widthOf(cell)), widthOf(head));
}

export function cutInMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const characters = Array.from(text);
  const half = Math.floor((width - 1) / 2);
  let start = '';
  while (characters.length > 0 && widthOf(start + (characters[0] ?? '')) <= width - 1 - half)
    start += characters.shift() ?? '';
  let end = '';
  while (characters.length > 0 && widthOf((characters.at(-1) ?? '') + end) <= half)
    end = (characters.pop() ?? '') + end;
  return `${start}…${end}`;
}
