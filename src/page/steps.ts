import type { Summary, TimelineStep } from '../summary/model.ts';

/**
 * Every step of the span. Those without requests are 0 from the first that has some on; before it
 * nobody knows, and there is nothing. The same goes for the last while most of it is still to come.
 */
export function allSteps({ timeline, span }: Summary): (TimelineStep | undefined)[] {
  const { stepS, steps } = timeline;
  const byStart = new Map(steps.map((step) => [step.startS, step]));
  const firstS = steps[0]?.startS ?? Number.POSITIVE_INFINITY;
  return stepStarts(stepS, span.fromS, span.untilS).map((startS) => {
    const isUnknown = startS < firstS || span.untilS - startS < stepS / 2;
    return isUnknown ? undefined : (byStart.get(startS) ?? emptyStep(startS));
  });
}

export function stepStarts(stepS: number, fromS: number, untilS: number): number[] {
  const firstS = Math.floor(fromS / stepS) * stepS;
  const count = Math.max(0, Math.ceil((untilS - firstS) / stepS));
  return Array.from({ length: count }, (_, i) => firstS + i * stepS);
}

/** So many seconds of a step are within the span; its first and its last step are mostly cut off. */
export function secondsOf({ timeline, span }: Summary, startS: number): number {
  const untilS = Math.min(span.untilS, startS + timeline.stepS);
  return Math.max(1, untilS - Math.max(span.fromS, startS));
}

function emptyStep(startS: number): TimelineStep {
  return { startS, requests: 0, classes: [0, 0, 0, 0, 0], traffic: 0 };
}
