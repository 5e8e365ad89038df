import type { Summary } from '../summary/model.ts';
import { bytesText, durationText, percentText, rateText, wholeText } from '../summary/units.ts';
import { drawing, element, show } from './elements.ts';
import { allSteps, secondsOf } from './steps.ts';

/** The six numbers of the first look: is it up, is it bad, is it slow. */
const WIDTH = 100;
const HEIGHT = 20;
export const FAILING_SHARE = 0.01;
export const SLOW_MS = 1000;

interface NumberCard {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: string | undefined;
  readonly line?: readonly (number | undefined)[];
}

export function showNumbers(summary: Summary, nothingSince: string): void {
  const { totals, span } = summary;
  const steps = allSteps(summary);
  const seconds = Math.max(1, span.untilS - span.fromS);
  const failing = share(totals.classes[4], totals.requests);
  const { clients, latency, lines, peak, botShare } = totals;
  const unparsed = share(lines.unparsed, lines.read);
  const cards: NumberCard[] = [
    {
      name: 'requests',
      value: rateText(totals.perSecond),
      note: peak === undefined ? nothingSince : `peak ${rateText(peak.perSecond)}`,
      line: steps.map((step) => step && step.requests / secondsOf(summary, step.startS)),
    },
    {
      name: 'errors 5xx',
      value: percentText(failing),
      note: `4xx ${percentText(share(totals.classes[3], totals.requests))}`,
      tone: failing >= FAILING_SHARE ? 'bad' : undefined,
      line: steps.map((step) => step && share(step.classes[4], step.requests)),
    },
    {
      name: 'p95',
      value: latency === undefined ? '–' : durationText(latency.p95Ms),
      note: latency === undefined ? 'the log has no times' : `p99 ${durationText(latency.p99Ms)}`,
      tone: (latency?.p95Ms ?? 0) >= SLOW_MS ? 'warn' : undefined,
      line: steps.map((step) => step?.latency?.p95Ms),
    },
    {
      name: 'traffic',
      value: `${bytesText(totals.traffic / seconds)}/s`,
      note: `${bytesText(totals.traffic)} in all`,
      line: steps.map((step) => step && step.traffic / secondsOf(summary, step.startS)),
    },
    {
      name: 'clients',
      value: clients === undefined ? '–' : wholeText(clients.estimate),
      note: botShare === undefined ? '' : `${percentText(botShare)} of requests by bots`,
    },
    {
      name: 'unparsed',
      value: percentText(unparsed),
      note: `${wholeText(lines.unparsed)} of ${wholeText(lines.read)} lines`,
      tone: unparsed >= FAILING_SHARE ? 'warn' : undefined,
    },
  ];
  const isNothing = totals.requests === 0;
  show('numbers', ...cards.map((card) => cardOf(card, isNothing && card.name !== 'unparsed')));
}

function cardOf({ name, value, note, tone, line }: NumberCard, isNothing: boolean): HTMLElement {
  return element(
    'div',
    { class: isNothing ? 'number nothing' : 'number' },
    element('div', { class: 'name' }, name),
    element('div', { class: `value ${tone ?? ''}` }, isNothing ? '–' : value),
    ...(line === undefined || isNothing ? [] : [sparkline(line)]),
    element('div', { class: 'note' }, isNothing && name !== 'requests' ? '' : (note ?? '')),
  );
}

function sparkline(values: readonly (number | undefined)[]): SVGElement {
  const most = Math.max(...values.map((value) => value ?? 0)) || 1;
  const width = WIDTH / Math.max(1, values.length - 1);
  const points = values.flatMap((value, i) =>
    value === undefined
      ? []
      : [`${(i * width).toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`],
  );
  return drawing(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    drawing('polyline', { points: points.join(' ') }),
  );
}

function share(part: number | undefined, whole: number): number {
  return whole === 0 ? 0 : (part ?? 0) / whole;
}
