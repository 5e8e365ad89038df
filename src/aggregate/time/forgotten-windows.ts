/**
 * Which windows were forgotten with lines in them, as spans of time. Such a window never opens again:
 * a part would overwrite the whole. Without jumps of the clock this is one span that grows; after a
 * jump there and back the windows between are still free for their lines.
 *
 * Bound: SPANS_MAX spans; with one more, the two oldest become one, and a line for a window between
 * them is late though the window is empty.
 */
const SPANS_MAX = 8;

/** Start of the first window and end of the last, epoch seconds. */
export type Span = readonly [startS: number, endS: number];

export class ForgottenWindows {
  /** Ascending; none touches the next. */
  #spans: Span[] = [];

  add(startS: number, endS: number): void {
    const merged = this.#spans.filter(([from, to]) => to >= startS && from <= endS);
    const span: Span = [
      Math.min(startS, ...merged.map(([from]) => from)),
      Math.max(endS, ...merged.map(([, to]) => to)),
    ];
    this.#spans = [...this.#spans.filter((other) => !merged.includes(other)), span];
    this.#spans.sort(([a], [b]) => a - b);
    if (this.#spans.length <= SPANS_MAX) return;
    const [[from] = span, [, to] = span] = this.#spans;
    this.#spans.splice(0, 2, [from, to]);
  }

  has(startS: number): boolean {
    for (let i = this.#spans.length - 1; i >= 0; i--) {
      const [from, to] = this.#spans[i] ?? [0, 0];
      if (startS >= from) return startS < to;
    }
    return false;
  }

  /** The start of the first window from `startS` on that was not forgotten. */
  nextFree(startS: number): number {
    for (const [from, to] of this.#spans) {
      if (startS >= from && startS < to) return to;
    }
    return startS;
  }

  snapshot(): readonly Span[] {
    return this.#spans;
  }

  restore(spans: readonly Span[]): void {
    this.#spans = [...spans];
  }
}
