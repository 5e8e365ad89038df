import type { LogWindows } from '../aggregate/log-windows.ts';
import type { RecordBatch } from '../parse/record-batch.ts';
import type { RequestStage } from '../request/request-stage.ts';

/**
 * Parsed rows on their way into the windows of their log: what their requests say is found out a
 * portion at a time, and each portion is counted before the next one is looked at. `isOwn`: see
 * LogWindows.add(). Without a request stage only totals are counted.
 */
export function countRows(
  records: RecordBatch,
  requests: RequestStage | undefined,
  windows: LogWindows,
  nowMs: number,
  isOwn: boolean,
): void {
  if (requests === undefined) {
    windows.add(records, 0, records.length, nowMs, isOwn);
    return;
  }
  requests.attach(records);
  for (let from = 0; from < records.length; ) {
    const until = requests.next(records, from);
    windows.add(records, from, until, nowMs, isOwn);
    from = until;
  }
}
