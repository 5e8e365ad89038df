import type { LineParser } from '../../parse/line-parser.ts';
import type { RecordBatch } from '../../parse/record-batch.ts';
import type { BackfillFile } from './file-order.ts';
import { isTimed } from './line-order.ts';

/**
 * The lines of a file that are out of order by a few seconds only, as those of several workers of nginx
 * are: second by second, without sorting the whole. Lines of one second that stand side by side are moved
 * in one piece.
 *
 * Owns the lines of the last seconds, at most `memoryBytes` of them. Beyond, the oldest second is handed
 * over early: its windows are still open, so nothing is lost.
 */
export interface NearlyOrderedOptions {
  readonly file: BackfillFile;
  readonly parser: LineParser;
  readonly records: RecordBatch;
  readonly latestS: number;
  /** No line is more seconds older than one before it. */
  readonly disorderS: number;
  /** Of lines without a time at the beginning. */
  readonly firstS: number;
  readonly memoryBytes: number;
  readonly onProgress: (bytes: number) => void;
}

/** What is handed over at once. */
export interface OrderedPiece {
  /** Bytes of whole lines at the beginning of the buffer. */
  readonly length: number;
  readonly overlongLines: number;
  readonly overlongBytes: number;
}

interface Second {
  readonly pieces: Uint8Array[];
  overlongLines: number;
  overlongBytes: number;
}

const CR = 0x0d;
const NO_PIECE: OrderedPiece = { length: 0, overlongLines: 0, overlongBytes: 0 };

export class NearlyOrderedLines {
  readonly #options: NearlyOrderedOptions;
  readonly #seconds = new Map<number, Second>();
  #heldBytes = 0;
  #newestS = -Infinity;
  #second: number;
  #hasEnded = false;

  constructor(options: NearlyOrderedOptions) {
    this.#options = options;
    this.#second = options.firstS;
  }

  /** The next lines, in `buffer`, which is also read into; undefined at the end. */
  async next(buffer: Uint8Array): Promise<OrderedPiece | undefined> {
    for (;;) {
      const dueS = this.#dueSecond();
      if (dueS !== undefined) {
        const piece = this.#take(dueS, buffer);
        if (piece !== NO_PIECE) return piece;
        continue;
      }
      if (this.#hasEnded) return undefined;
      await this.#read(buffer);
    }
  }

  /** The oldest second, if no line of it can come any more, or there is no room for more. */
  #dueSecond(): number | undefined {
    if (this.#seconds.size === 0) return undefined;
    const { disorderS, memoryBytes } = this.#options;
    let oldestS = Infinity;
    for (const second of this.#seconds.keys()) if (second < oldestS) oldestS = second;
    const isOver = this.#hasEnded || oldestS < this.#newestS - disorderS;
    return isOver || this.#heldBytes > memoryBytes ? oldestS : undefined;
  }

  /** As many pieces of a second as have room. */
  #take(at: number, buffer: Uint8Array): OrderedPiece {
    const second = this.#seconds.get(at);
    if (second === undefined) return NO_PIECE;
    let length = 0;
    let taken = 0;
    for (const piece of second.pieces) {
      if (length + piece.length > buffer.length) break;
      buffer.set(piece, length);
      length += piece.length;
      taken++;
    }
    second.pieces.splice(0, taken);
    this.#heldBytes -= length;
    if (second.pieces.length > 0) return { ...NO_PIECE, length };
    this.#seconds.delete(at);
    const { overlongLines, overlongBytes } = second;
    return length + overlongLines + overlongBytes === 0
      ? NO_PIECE
      : { length, overlongLines, overlongBytes };
  }

  async #read(buffer: Uint8Array): Promise<void> {
    const { file, parser, records, latestS, onProgress } = this.#options;
    const batch = await file.next(buffer);
    if (batch === undefined) {
      this.#hasEnded = true;
      return;
    }
    const { bytes } = batch;
    for (let from = batch.start; from < batch.end; from = records.consumedTo) {
      parser.parse(batch, from, records);
      const { length, lineStart, lineEnd, timeS } = records;
      let start = from;
      let end = from;
      for (let row = 0; row < length; row++) {
        const second = isTimed(records, row, latestS) ? (timeS[row] ?? 0) : this.#second;
        if (second !== this.#second) {
          this.#keep(this.#second, bytes, start, end);
          this.#second = second;
          start = lineStart[row] ?? end;
        }
        const at = lineEnd[row] ?? 0;
        // With what ends the line: a line feed, perhaps with a carriage return before it.
        end = at + (bytes[at] === CR ? 2 : 1);
      }
      this.#keep(this.#second, bytes, start, end);
    }
    if (batch.overlongLines + batch.overlongBytes > 0) {
      const second = this.#at(this.#second);
      second.overlongLines += batch.overlongLines;
      second.overlongBytes += batch.overlongBytes;
    }
    onProgress(batch.end - batch.start);
  }

  #keep(at: number, bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) return;
    if (at > this.#newestS) this.#newestS = at;
    this.#at(at).pieces.push(bytes.slice(start, end));
    this.#heldBytes += end - start;
  }

  #at(second: number): Second {
    let held = this.#seconds.get(second);
    if (held === undefined) {
      held = { pieces: [], overlongLines: 0, overlongBytes: 0 };
      this.#seconds.set(second, held);
    }
    return held;
  }
}
