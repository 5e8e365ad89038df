import type { MeterStatus } from '../status/meter-status.ts';
import type { Unready } from '../status/readiness.ts';
import { SUMMARY_VERSION, type Summary } from '../summary/model.ts';

/** What `/api/summary` answers. */
export interface Answer {
  /** Null where there is no history. */
  readonly summary: Summary | null;
  readonly meter: Omit<MeterStatus, 'traffic'> & { readonly unready: readonly Unready[] };
  readonly windowS: number;
}

/** The form itself is the server's word: page and server are built together. */
function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false;
  if (!('summary' in value && 'meter' in value && 'windowS' in value)) return false;
  const { summary } = value;
  if (summary === null) return true;
  return typeof summary === 'object' && 'version' in summary && summary.version === SUMMARY_VERSION;
}

/** Throws an error whose message is a sentence for the person in front of the page. */
export async function fetchAnswer(query: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(`/api/summary?${query}`, { signal, cache: 'no-store' });
  if (!response.ok) throw new Error((await response.text()).trim());
  const answer: unknown = await response.json();
  if (!isAnswer(answer)) throw new Error('The meter is of another version now: reload the page.');
  return answer;
}
