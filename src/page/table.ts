import type { Rows } from '../summary/model.ts';
import { wholeText } from '../summary/units.ts';
import { drawing, element } from './elements.ts';

export interface Column<T> {
  readonly name: string;
  readonly label: string;
  /** What the rows are sorted by. */
  readonly value: (row: T) => number | string;
  readonly show: (row: T) => string | Node;
  readonly isText?: boolean;
  readonly tone?: (row: T) => 'bad' | 'warn' | undefined;
}

export interface Sorting {
  /** Name of a column, with a `-` before it where the smallest come first. */
  readonly by: string;
  readonly onSort: (by: string) => void;
}

export function tableOf<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  sorting?: Sorting,
): HTMLElement {
  const head = columns.map((column) => headOf(column, sorting));
  const body = sorted(columns, rows, sorting).map((row) =>
    element('tr', {}, ...columns.map((column) => cellOf(column, row))),
  );
  return element(
    'div',
    // Whoever has no mouse scrolls it sideways by the arrow keys.
    { class: 'wide', scrolls: `table by ${columns[0]?.label ?? 'row'}` },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    ),
  );
}

function headOf<T>({ name, label, isText }: Column<T>, sorting: Sorting | undefined): HTMLElement {
  const properties = { scope: 'col', ...(isText === true ? { class: 'text' } : {}) } as const;
  if (sorting === undefined) return element('th', properties, label);
  const { by, onSort } = sorting;
  const isDown = by === name;
  const isUp = by === `-${name}`;
  const button = element(
    'button',
    { key: `sort-${name}`, onClick: () => onSort(isDown ? `-${name}` : name) },
    `${label}${isDown ? ' ▾' : isUp ? ' ▴' : ''}`,
  );
  const order = isDown ? 'descending' : 'ascending';
  return element('th', isDown || isUp ? { ...properties, sorted: order } : properties, button);
}

function cellOf<T>({ show, isText, tone }: Column<T>, row: T): HTMLElement {
  const classes = [isText === true ? 'text' : '', tone?.(row) ?? ''].join(' ').trim();
  return element('td', { class: classes }, show(row));
}

function sorted<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  sorting: Sorting | undefined,
): readonly T[] {
  const column = columns.find(({ name }) => name === sorting?.by.replace(/^-/, ''));
  if (sorting === undefined || column === undefined) return rows;
  const sign = sorting.by.startsWith('-') ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    if (typeof left === 'number' && typeof right === 'number') return sign * (right - left);
    return sign * String(left).localeCompare(String(right));
  });
}

/** What the list leaves out, and how exact it is. */
export function moreText({ more, accuracy }: Rows<unknown>): string {
  const parts = [
    ...(more > 0 ? [`${wholeText(more)} more`] : []),
    ...(accuracy === 'at-least' ? ['counts are at least these'] : []),
    ...(typeof accuracy === 'object'
      ? [`counts are too great by ${wholeText(accuracy.tooGreatBy)} at most`]
      : []),
  ];
  return parts.join('; ');
}

export function shareBar(share: number): SVGElement {
  const width = Math.max(0, Math.min(100, 100 * share)).toFixed(1);
  return drawing(
    'svg',
    { class: 'share', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    drawing('rect', { class: 'back', width: 100, height: 10 }),
    drawing('rect', { width, height: 10 }),
  );
}
