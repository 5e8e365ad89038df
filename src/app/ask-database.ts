import type { Clock } from '../clock.ts';
import type { InfluxSettings } from '../config/influx-rules.ts';
import { shownUrl } from '../deliver/influx/address.ts';
import { probe } from '../deliver/influx/probe.ts';
import { addressOf } from './open-target.ts';

/** Whether the database would take points, asked by an empty write. */
export interface DatabaseAnswer {
  /** What is wrong and what to do, in whole sentences; undefined when all is well. */
  readonly trouble: string | undefined;
}

/** Never rejects, and ends within `limitMs`. */
export async function askDatabase(
  influx: InfluxSettings,
  clock: Clock,
  limitMs: number,
): Promise<DatabaseAnswer> {
  const over = new AbortController();
  const answered = new AbortController();
  const limit = clock.sleep(limitMs, answered.signal).then(() => over.abort());
  const outcome = await probe(addressOf(influx), clock, over.signal);
  const isLate = over.signal.aborted;
  answered.abort();
  await limit;
  if (outcome.kind === 'written') return { trouble: undefined };
  const reason = isLate ? `it gives no answer within ${limitMs / 1000} s` : outcome.reason;
  if (outcome.kind === 'blocked' && !isLate) {
    return {
      trouble: `InfluxDB refuses to be written to: ${reason}. Look at ${outcome.remedy}.`,
    };
  }
  return {
    trouble:
      `InfluxDB does not take points at the moment: ${reason}. Look at INFLUX_URL ` +
      `(${shownUrl(influx)}), and whether the database runs and can be reached from here.`,
  };
}
