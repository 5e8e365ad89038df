/**
 * Lines that were received and wait to be read, by log. It owns the memory they lie in: pieces of
 * 64 KiB, allocated as they are needed, at most `bytesMax` of them in all. Lines of one log keep their
 * order; logs are read in turn, so that one with much traffic does not hold up the others.
 *
 * A log that was met before and has no piece always finds one: so many are kept back, and a flood of
 * one log's lines leaves room for the first 64 KiB of every other.
 *
 * What can be lost: a line for which there is no room. The caller is told, and counts it or keeps it.
 */

export const PIECE_BYTES = 64 * 1024;
const LF = 0x0a;
const SPACE = 0x20;

interface Piece {
  readonly bytes: Uint8Array;
  /** Bytes that are in use, complete lines. */
  length: number;
}

interface Waiting {
  readonly pieces: Piece[];
  bytes: number;
  overlongLines: number;
  overlongBytes: number;
}

export interface TakenLines {
  /** As given to `add`. */
  readonly log: number;
  /** So many bytes of complete lines were copied. */
  readonly length: number;
  readonly overlongLines: number;
  readonly overlongBytes: number;
}

export class ReceivedLines {
  readonly #piecesMax: number;
  readonly #waiting: Waiting[] = [];
  readonly #free: Uint8Array[] = [];
  #allocated = 0;
  #turn = 0;
  #isEmpty = true;

  constructor(bytesMax: number) {
    this.#piecesMax = Math.max(1, Math.floor(bytesMax / PIECE_BYTES));
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Bytes that wait in a log. */
  bytesOf(log: number): number {
    return this.#waiting[log]?.bytes ?? 0;
  }

  /**
   * Adds `bytes[start, end)` as one line: a line feed in it becomes a space, so that nobody can make
   * two of it. At most `PIECE_BYTES - 1` bytes. False when there is no room.
   */
  add(log: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start + 1;
    const waiting = this.#of(log);
    let piece = waiting.pieces.at(-1);
    if (piece === undefined || piece.length + length > PIECE_BYTES) {
      piece = this.#newPiece(waiting);
      if (piece === undefined) return false;
    }
    const to = piece.length;
    piece.bytes.set(bytes.subarray(start, end), to);
    const line = piece.bytes.subarray(to, to + length - 1);
    for (let at = line.indexOf(LF); at >= 0; at = line.indexOf(LF, at + 1)) line[at] = SPACE;
    piece.bytes[to + length - 1] = LF;
    piece.length += length;
    waiting.bytes += length;
    this.#isEmpty = false;
    return true;
  }

  /** Counts a line that is too long to be kept. */
  addOverlong(log: number, bytes: number): void {
    const waiting = this.#of(log);
    waiting.overlongLines += 1;
    waiting.overlongBytes += bytes;
    this.#isEmpty = false;
  }

  /** Copies the next lines of the log whose turn it is into `target` (at least `PIECE_BYTES`). */
  take(target: Uint8Array): TakenLines | undefined {
    if (this.#isEmpty) return undefined;
    const logs = this.#waiting.length;
    for (let tried = 0; tried < logs; tried += 1) {
      const log = this.#turn % logs;
      this.#turn = (this.#turn + 1) % logs;
      const waiting = this.#waiting[log];
      if (waiting !== undefined && (waiting.bytes > 0 || waiting.overlongLines > 0)) {
        return this.#takeFrom(waiting, log, target);
      }
    }
    return undefined;
  }

  #takeFrom(waiting: Waiting, log: number, target: Uint8Array): TakenLines {
    const { overlongLines, overlongBytes } = waiting;
    waiting.overlongLines = 0;
    waiting.overlongBytes = 0;
    const piece = waiting.pieces.shift();
    const length = piece?.length ?? 0;
    if (piece !== undefined) {
      target.set(piece.bytes.subarray(0, length));
      waiting.bytes -= length;
      this.#free.push(piece.bytes);
    }
    this.#isEmpty = this.#waiting.every((one) => one.bytes === 0 && one.overlongLines === 0);
    return { log, length, overlongLines, overlongBytes };
  }

  #newPiece(waiting: Waiting): Piece | undefined {
    const left = this.#free.length + this.#piecesMax - this.#allocated;
    const isFirst = waiting.pieces.length === 0;
    const keptBack = isFirst ? 0 : this.#waiting.filter((one) => one.pieces.length === 0).length;
    if (left <= keptBack) return undefined;
    let bytes = this.#free.pop();
    if (bytes === undefined) {
      bytes = new Uint8Array(PIECE_BYTES);
      this.#allocated += 1;
    }
    const piece = { bytes, length: 0 };
    waiting.pieces.push(piece);
    return piece;
  }

  #of(log: number): Waiting {
    for (let next = this.#waiting.length; next <= log; next += 1) {
      this.#waiting.push({ pieces: [], bytes: 0, overlongLines: 0, overlongBytes: 0 });
    }
    const waiting = this.#waiting[log];
    if (waiting === undefined) throw new RangeError(`no log has the number ${log}`);
    return waiting;
  }
}
