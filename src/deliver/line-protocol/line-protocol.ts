import type { PointGroup } from '../../points/point-sink.ts';
import type { Encoding, PointBatch } from '../target.ts';
import { BATCH_BYTES_MAX, BATCH_POINTS_MAX, LineProtocolBuffer } from './buffer.ts';

/** A batch is given away once it is this full, so that one window more still fits into a request. */
const GIVE_AWAY_SHARE = 0.9;
const LF = 0x0a;

/** Points as lines of line protocol. Its one buffer is reused from call to call. */
export class LineProtocol implements Encoding {
  readonly #buffer = new LineProtocolBuffer();

  *encode(groups: Iterable<PointGroup>): Generator<PointBatch> {
    const buffer = this.#buffer;
    buffer.clear();
    for (const group of groups) {
      group(buffer);
      const isFull =
        buffer.length >= BATCH_BYTES_MAX * GIVE_AWAY_SHARE ||
        buffer.points >= BATCH_POINTS_MAX * GIVE_AWAY_SHARE;
      if (!isFull) continue;
      yield* buffer.batches();
      buffer.clear();
    }
    yield* buffer.batches();
    buffer.clear();
  }

  /** Each line with its line feed. */
  split(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; ) {
      const feed = bytes.indexOf(LF, start);
      const end = feed === -1 ? bytes.length : feed + 1;
      lines.push(bytes.subarray(start, end));
      start = end;
    }
    return lines;
  }
}
