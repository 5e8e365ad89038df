import uPlot from 'uplot';
import type { Summary, TimelineStep } from '../summary/model.ts';
import { durationText, rateText } from '../summary/units.ts';
import { place } from './elements.ts';
import { allSteps, secondsOf, stepStarts } from './steps.ts';

/** The two graphs. Dragging over one shows that span. */
const HEIGHT_PX = 220;
const DAY_S = 86_400;
/** From the bottom up: what is wrong stands on the ground, where its height can be read. */
const STACK = [4, 3, 2, 1, 0] as const;
const QUANTILES = ['p50', 'p95', 'p99'] as const;

// The library's enum is there for the compiler alone.
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const LOGARITHMIC: uPlot.Scale = { distr: 3, log: 10 };

type OnSpan = (fromS: number, untilS: number) => void;
type Column = (number | null)[];

export class Graphs {
  readonly #onSpan: OnSpan;
  readonly #plots = new Map<string, uPlot>();
  #summary: Summary | undefined;

  constructor(onSpan: OnSpan) {
    this.#onSpan = onSpan;
    const again = (): void => {
      for (const plot of this.#plots.values()) plot.destroy();
      this.#plots.clear();
      if (this.#summary !== undefined) this.show(this.#summary);
    };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
    addEventListener('resize', () => {
      for (const [id, plot] of this.#plots) plot.setSize(sizeOf(id));
    });
  }

  show(summary: Summary): void {
    this.#summary = summary;
    const { span, timeline } = summary;
    const steps = allSteps(summary);
    const times = stepStarts(timeline.stepS, span.fromS, span.untilS);
    this.#put('requests-graph', [times, ...stacked(summary, steps)], () =>
      this.#options('requests-graph', stackSeries(), rateText, { range: rangeFromZero }),
    );
    const latencies = QUANTILES.map((name) =>
      steps.map((step) => step?.latency?.[`${name}Ms`] ?? null),
    );
    // A logarithm has no 0.
    const raised = latencies.map((column) => column.map((ms) => ms && Math.max(ms, 0.5)));
    this.#put('latency-graph', [times, ...raised], () =>
      this.#options('latency-graph', quantileSeries(), durationText, LOGARITHMIC),
    );
  }

  #put(id: string, data: uPlot.AlignedData, options: () => uPlot.Options): void {
    const plot = this.#plots.get(id);
    if (plot === undefined) this.#plots.set(id, new uPlot(options(), data, place(id)));
    else plot.setData(data);
  }

  #options(
    id: string,
    series: uPlot.Series[],
    text: (value: number) => string,
    scale: uPlot.Scale,
  ): uPlot.Options {
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 } };
    return {
      ...sizeOf(id),
      series: [{ label: 'time', value: (_, s) => (s === null ? '–' : momentText(s)) }, ...series],
      scales: { y: scale },
      axes: [
        { ...axis, space: 90, values: (_, ticks) => tickTexts(ticks) },
        {
          ...axis,
          size: 70,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : text(tick))),
        },
      ],
      cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: 'time' } },
      hooks: {
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width < 4) return;
            const fromS = Math.floor(plot.posToVal(left, 'x'));
            const untilS = Math.ceil(plot.posToVal(left + width, 'x'));
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            this.#onSpan(fromS, Math.max(untilS, fromS + 10));
          },
        ],
      },
    };
  }
}

/** The greatest sum first, so that the smaller ones are drawn over it. */
function stacked(summary: Summary, steps: readonly (TimelineStep | undefined)[]): Column[] {
  const sums: number[] = steps.map(() => 0);
  const columns = STACK.map((at) =>
    steps.map((step, i) => {
      if (step === undefined) return null;
      sums[i] = (sums[i] ?? 0) + (step.classes[at] ?? 0) / secondsOf(summary, step.startS);
      return sums[i];
    }),
  );
  return columns.reverse();
}

function stackSeries(): uPlot.Series[] {
  return STACK.toReversed().map((at, i, all) => ({
    label: `${at + 1}xx`,
    stroke: colour(`--c${at + 1}`),
    fill: colour(`--c${at + 1}`),
    width: 1,
    points: { show: false },
    value: (plot, sum, _, row) => {
      if (sum === null || row === null) return '–';
      // The series after this one is the sum of those below it.
      const below = i + 1 < all.length ? (plot.data[i + 2]?.[row] ?? 0) : 0;
      return rateText(Math.max(0, sum - below));
    },
  }));
}

function quantileSeries(): uPlot.Series[] {
  return QUANTILES.map((name) => ({
    label: name,
    stroke: colour(`--${name}`),
    width: 2,
    spanGaps: true,
    value: (_, ms) => (ms === null ? '–' : durationText(ms)),
  }));
}

function rangeFromZero(_: uPlot, __: number | null, most: number | null): uPlot.Range.MinMax {
  return [0, (most ?? 0) > 0 ? 1.08 * (most ?? 1) : 1];
}

function sizeOf(id: string): { width: number; height: number } {
  return { width: Math.max(200, place(id).clientWidth), height: HEIGHT_PX };
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const two = (value: number): string => String(value).padStart(2, '0');

/** By the clock of whoever looks. */
export function momentText(epochS: number): string {
  const date = new Date(1000 * epochS);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function tickTexts(ticks: readonly number[]): string[] {
  const apartS = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((tick) => {
    const [day = '', month = '', clock = ''] = momentText(tick).split(' ');
    if (apartS >= DAY_S || clock === '00:00:00') return `${day} ${month}`;
    return apartS % 60 === 0 ? clock.slice(0, 5) : clock;
  });
}
