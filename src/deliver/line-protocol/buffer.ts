/**
 * InfluxDB line protocol into one reused buffer.
 * Format: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 *
 * Invariant: whatever text comes in, exactly one line with exactly the tags and fields asked for
 * comes out. Control characters and backslashes never reach the output as they are: a line feed
 * would begin a line, and a backslash at the end of a tag value swallows the tag after it (InfluxDB
 * has no escape for it).
 */

import type { PointSink } from '../../points/point-sink.ts';
import { safeText } from '../../text/safe-text.ts';
import { tagValue } from '../../text/tag-value.ts';
import type { PointBatch } from '../target.ts';

/** Limits of one batch, as tried out: more points per request are no faster. */
export const BATCH_POINTS_MAX = 5_000;
export const BATCH_BYTES_MAX = 1_000_000;

const STRING_BYTES_MAX = 1_024;
const INITIAL_BYTES = 64 * 1024;
/** Growth beyond this means that nobody takes the batches, which is a fault of the program. */
const BUFFER_BYTES_MAX = 16 * 1024 * 1024;
/** The last second of InfluxDB's time, whose unit is 2^63 nanoseconds. */
const TIMESTAMP_S_MAX = 9_223_372_036;

/**
 * The part of a line that names its series, tags sorted by name, so that the same tags always give
 * the same bytes. `own` wins over `extra` where both have a name: a name stands in a key once.
 */
export function seriesKey(
  measurement: string,
  own: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, string>>,
): Uint8Array {
  const tags = new Map<string, string>();
  for (const source of [extra, own])
    for (const [name, value] of Object.entries(source)) tags.set(tagValue(name), tagValue(value));
  const sorted = [...tags].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const text = sorted.map(([name, value]) => `,${escapeTag(name)}=${escapeTag(value)}`).join('');
  return Buffer.from(measurement + text);
}

function escapeTag(text: string): string {
  return text.replace(/[ ,=]/g, '\\$&');
}

/** Points in a row; `batches()` gives them in parts that fit a request. One owner, never shared. */
export class LineProtocolBuffer implements PointSink {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;
  #points = 0;
  #pointStart = 0;
  #fields = 0;
  #batchStart = 0;
  #batchPoints = 0;
  #cuts: { start: number; end: number; points: number }[] = [];

  get points(): number {
    return this.#points;
  }

  /** Bytes of all complete points. */
  get length(): number {
    return this.#pointStart;
  }

  /** Begins a point; a point that was begun and not ended is forgotten. */
  beginPoint(
    measurement: string,
    own: Readonly<Record<string, string>>,
    extra: Readonly<Record<string, string>> = {},
  ): void {
    const key = seriesKey(measurement, own, extra);
    this.#length = this.#pointStart;
    this.#fields = 0;
    this.#reserve(key.length);
    this.#buffer.set(key, this.#length);
    this.#length += key.length;
  }

  /** `name` is a name of the schema. Not a number becomes 0; beyond 2^53-1 it stays there. */
  integer(name: string, value: number): void {
    const whole = Number.isNaN(value) ? 0 : Math.trunc(value);
    const clamped = Math.min(Math.max(whole, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
    this.#field(`${name}=${clamped === 0 ? 0 : clamped}i`);
  }

  /** Not a number and the infinities become 0: InfluxDB refuses them. */
  float(name: string, value: number): void {
    this.#field(`${name}=${Number.isFinite(value) && value !== 0 ? value : 0}`);
  }

  /** At most 1 024 bytes of it, without control characters; quotes and backslashes are escaped. */
  string(name: string, value: string): void {
    this.#field(`${name}="${safeText(value, STRING_BYTES_MAX).replace(/["\\]/g, '\\$&')}"`);
  }

  /** Ends the point. One without fields is forgotten, because InfluxDB refuses such a line. */
  endPoint(timestampS: number): void {
    if (this.#fields === 0) {
      this.#length = this.#pointStart;
      return;
    }
    const whole = Number.isNaN(timestampS) ? 0 : Math.trunc(timestampS);
    const clamped = Math.min(Math.max(whole, -TIMESTAMP_S_MAX), TIMESTAMP_S_MAX);
    this.#append(` ${clamped === 0 ? 0 : clamped}\n`);
    const isFull =
      this.#batchPoints === BATCH_POINTS_MAX || this.#length - this.#batchStart > BATCH_BYTES_MAX;
    if (isFull && this.#batchPoints > 0) {
      this.#cuts.push({
        start: this.#batchStart,
        end: this.#pointStart,
        points: this.#batchPoints,
      });
      this.#batchStart = this.#pointStart;
      this.#batchPoints = 0;
    }
    this.#batchPoints++;
    this.#points++;
    this.#pointStart = this.#length;
  }

  /** All complete points in order, in batches of at most 5 000 points and 1 MB. */
  *batches(): Generator<PointBatch> {
    for (const { start, end, points } of this.#cuts)
      yield { bytes: this.#buffer.subarray(start, end), points };
    if (this.#batchPoints > 0)
      yield {
        bytes: this.#buffer.subarray(this.#batchStart, this.#pointStart),
        points: this.#batchPoints,
      };
  }

  clear(): void {
    this.#length = 0;
    this.#points = 0;
    this.#pointStart = 0;
    this.#fields = 0;
    this.#batchStart = 0;
    this.#batchPoints = 0;
    this.#cuts = [];
  }

  #field(text: string): void {
    this.#append(this.#fields === 0 ? ` ${text}` : `,${text}`);
    this.#fields++;
  }

  #append(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    if (needed > BUFFER_BYTES_MAX)
      throw new RangeError(
        `the line protocol buffer holds ${this.#length} bytes that were not taken`,
      );
    const grown = Buffer.allocUnsafe(
      Math.min(Math.max(needed, this.#buffer.length * 2), BUFFER_BYTES_MAX),
    );
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
