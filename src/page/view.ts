/** What the page shows; it stands in its address, so that a link shows the same to others. */
export interface View {
  /** One of RANGES; empty while `fromS` and `untilS` say the span. */
  readonly range: string;
  readonly fromS: number;
  readonly untilS: number;
  readonly log: string;
  readonly site: string;
  /** Column of the routes, with a `-` before it where the smallest come first. */
  readonly sort: string;
  /** List of those who ask. */
  readonly who: string;
}

export const RANGES = ['5m', '1h', '6h', '24h', '7d'] as const;
const RANGE_DEFAULT = '1h';
const SORT_DEFAULT = 'requests';
const WHO_DEFAULT = 'clients';
const ROWS = '25';

export function readView(search: string): View {
  const params = new URLSearchParams(search);
  const fromS = Number(params.get('from') ?? 0);
  const untilS = Number(params.get('until') ?? 0);
  const isSpan = Number.isInteger(fromS) && Number.isInteger(untilS) && untilS > fromS;
  const range = params.get('range') ?? RANGE_DEFAULT;
  return {
    range: isSpan ? '' : RANGES.some((one) => one === range) ? range : RANGE_DEFAULT,
    fromS: isSpan ? fromS : 0,
    untilS: isSpan ? untilS : 0,
    log: params.get('log') ?? '',
    site: params.get('site') ?? '',
    sort: params.get('sort') ?? SORT_DEFAULT,
    who: params.get('who') ?? WHO_DEFAULT,
  };
}

/** The address of the view, without what goes without saying. */
export function viewSearch(view: View): string {
  const params = asked(view);
  if (view.range === RANGE_DEFAULT) params.delete('range');
  if (view.sort !== SORT_DEFAULT) params.set('sort', view.sort);
  if (view.who !== WHO_DEFAULT) params.set('who', view.who);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

export function viewQuery(view: View): string {
  const params = asked(view);
  params.set('top', ROWS);
  return params.toString();
}

function asked({ range, fromS, untilS, log, site }: View): URLSearchParams {
  const params = new URLSearchParams();
  if (range === '') {
    params.set('from', String(fromS));
    params.set('until', String(untilS));
  } else params.set('range', range);
  if (log !== '') params.set('log', log);
  if (site !== '') params.set('site', site);
  return params;
}
