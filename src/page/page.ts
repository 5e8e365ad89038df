import { printable } from '../text/printable.ts';
import { spanText } from '../summary/units.ts';
import { type Answer, fetchAnswer } from './answer.ts';
import { element, place, show } from './elements.ts';
import { Graphs, momentText } from './graphs.ts';
import { showFailures, showRoutes, showUpstreams, showWho } from './lists.ts';
import { showMeter } from './meter.ts';
import { showNumbers } from './numbers.ts';
import { RANGES, readView, type View, viewQuery, viewSearch } from './view.ts';

/**
 * The page: asks for the summary of its view once a window, and shows it. While the meter is away the last
 * numbers stay, with their age, and it is asked again until it is back.
 */
const RETRY_MS = 3000;
/** After the end of a window, its numbers are there. */
const AFTER_WINDOW_MS = 1500;

let view: View = readView(location.search);
let last: { readonly answer: Answer; readonly atMs: number } | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = new AbortController();
const knownLogs = new Set<string>();
const knownSites = new Set<string>();

const graphs = new Graphs((fromS, untilS) => go({ range: '', fromS, untilS }));

function go(changes: Partial<View>): void {
  const next = { ...view, ...changes };
  const isOther = viewQuery(next) !== viewQuery(view);
  view = next;
  history[isOther ? 'pushState' : 'replaceState'](null, '', location.pathname + viewSearch(view));
  showControls();
  if (isOther) ask();
  else if (last !== undefined) showAnswer(last.answer);
}

function ask(): void {
  clearTimeout(timer);
  asking.abort();
  const now = new AbortController();
  asking = now;
  fetchAnswer(viewQuery(view), AbortSignal.any([now.signal, AbortSignal.timeout(30_000)])).then(
    (answer) => {
      if (now.signal.aborted) return;
      last = { answer, atMs: performance.now() };
      tellTrouble('');
      showAnswer(answer);
      askIn(untilNextWindow(answer));
    },
    (error: unknown) => {
      if (now.signal.aborted) return;
      const isAway = error instanceof TypeError || error instanceof DOMException;
      const text = error instanceof Error ? error.message : String(error);
      tellTrouble(isAway ? 'The meter does not answer; it is asked again.' : text);
      askIn(RETRY_MS);
    },
  );
}

function askIn(ms: number): void {
  timer = setTimeout(() => {
    // Nobody looks; whoever comes back gets the newest at once.
    if (!document.hidden) ask();
  }, ms);
}

function untilNextWindow({ meter, windowS }: Answer): number {
  const windowMs = 1000 * windowS;
  return Math.max(1000, windowMs - (meter.nowMs % windowMs) + (windowS > 5 ? AFTER_WINDOW_MS : 0));
}

function tellTrouble(text: string): void {
  const trouble = place('trouble');
  trouble.textContent = text;
  trouble.hidden = text === '';
  place('live').classList.toggle('lost', text !== '');
}

function showAnswer(answer: Answer): void {
  const { summary } = answer;
  showMeter(answer);
  showAge();
  if (summary === null) {
    tellTrouble('There is no history to show: HISTORY is off, or its file cannot be used.');
    return;
  }
  for (const name of summary.origin.names) knownLogs.add(name);
  for (const { site } of summary.sites) knownSites.add(site);
  showControls();
  showNumbers(summary, nothingSince(answer));
  graphs.show(summary);
  showRoutes(summary, { by: view.sort, onSort: (sort) => go({ sort }) }, (site) => go({ site }));
  showFailures(summary);
  showUpstreams(summary);
  showWho(summary, view.who, (who) => go({ who }));
}

function nothingSince({ meter }: Answer): string {
  const newestMs = Math.max(0, ...meter.logs.map(({ watermarkMs }) => watermarkMs ?? 0));
  return newestMs === 0 ? 'no line yet' : `none since ${momentText(newestMs / 1000)}`;
}

function showAge(): void {
  if (last === undefined) return;
  const { summary } = last.answer;
  const ageS = Math.round((performance.now() - last.atMs) / 1000);
  const span = summary?.span ?? { fromS: 0, untilS: 0 };
  const isLive = view.range !== '';
  const shown = isLive
    ? `last ${spanText(span.untilS - span.fromS)}`
    : `${momentText(span.fromS)} – ${momentText(span.untilS)}`;
  place('live').textContent = `${isLive ? 'live' : 'a span'}, ${ageS} s old · ${shown}`;
}

function showControls(): void {
  showChoice('log', knownLogs, view.log, (log) => go({ log }));
  showChoice('site', knownSites, view.site, (site) => go({ site }));
  const ranges = RANGES.map((range) =>
    element(
      'button',
      { key: `range-${range}`, pressed: range === view.range, onClick: () => go({ range }) },
      range,
    ),
  );
  show('ranges', ...ranges);
}

function showChoice(
  id: string,
  known: ReadonlySet<string>,
  chosen: string,
  choose: (value: string) => void,
): void {
  const select = place(id);
  if (!(select instanceof HTMLSelectElement)) return;
  const values = ['', ...[...new Set([...known, ...(chosen === '' ? [] : [chosen])])].sort()];
  const isSame =
    values.length === select.options.length &&
    values.every((value, i) => select.options[i]?.value === value);
  if (!isSame) {
    const options = values.map(
      (value) => new Option(value === '' ? 'all' : printable(value), value),
    );
    select.replaceChildren(...options);
  }
  select.value = chosen;
  select.onchange = () => choose(select.value);
}

addEventListener('popstate', () => {
  view = readView(location.search);
  showControls();
  ask();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) ask();
});
setInterval(showAge, 1000);
showControls();
ask();
