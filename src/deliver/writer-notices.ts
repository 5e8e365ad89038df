/** What the writer tells people: what happened, where, and what to do about it. */
import type { Notice } from '../notice/notice.ts';
import type { RejectedOutcome, Target } from './target.ts';

type ShownTarget = Pick<Target, 'name' | 'address'>;

export function retryingNotice({ name, address }: ShownTarget, reason: string): Notice {
  return {
    code: 'write-retrying',
    subject: address,
    message: `${name} does not take points at the moment: ${reason}. They wait in the spool.`,
  };
}

export function blockedNotice(
  { name, address }: ShownTarget,
  reason: string,
  remedy: string,
): Notice {
  return {
    code: 'write-blocked',
    subject: address,
    message:
      `${name} refuses to be written to: ${reason}. Look at ${remedy}. Everything is kept and ` +
      'tried again every minute.',
  };
}

export function recoveredNotice({ name, address }: ShownTarget): Notice {
  return {
    code: 'write-recovered',
    subject: address,
    message: `${name} takes points again; what waited in the spool is written in order.`,
  };
}

export function rejectedNotice(
  { name, address }: ShownTarget,
  { points, reason, path }: { points: number; reason: string; path: string },
): Notice {
  return {
    code: 'points-rejected',
    subject: address,
    message: `${name} refuses points for good: ${reason}. They are kept in ${path}; all others are written.`,
    details: { points },
  };
}

/** Older than what is kept, outside the time in which writing is allowed, or some of both. */
export function ageNotices(
  { name, address }: ShownTarget,
  { reason }: Pick<RejectedOutcome, 'reason'>,
  counts: { readonly beyondRetention: number; readonly outsideWindow: number },
): Notice[] {
  const notices: Notice[] = [];
  if (counts.beyondRetention > 0) {
    notices.push({
      code: 'points-too-old',
      subject: address,
      message: `${name} does not keep points of that age any more: ${reason}.`,
      details: { points: counts.beyondRetention },
    });
  }
  if (counts.outsideWindow > 0) {
    notices.push({
      code: 'points-outside-window',
      subject: address,
      message:
        `${name} does not let points of that time be written: ${reason}. Its PAST LIMIT and FUTURE ` +
        'LIMIT say how far from now that may be.',
      details: { points: counts.outsideWindow },
    });
  }
  return notices;
}
