/**
 * Cuts content into complete lines, in the caller's buffer. No state but the position and whether it
 * stands inside an over-long line: an unfinished last line is simply read again the next time.
 *
 * A line may have `maxLineBytes` bytes before its LF. A read never asks for more than that and one, so
 * a longer line can never lie complete in the buffer: the result does not depend on how the bytes came.
 */
import type { Content } from './content.ts';

const READ_BYTES = 256 * 1024;
const LF = 0x0a;

export interface Place {
  /** Content offset of the next byte to hand out. */
  readonly position: number;
  /** The position stands inside a line that is too long and is passed over up to its LF. */
  readonly isInOverlong: boolean;
}

export interface Frame extends Place {
  /** `buffer[start, end)` holds complete lines. */
  readonly start: number;
  readonly end: number;
  readonly overlongLines: number;
  readonly overlongBytes: number;
}

/**
 * The next complete lines from `from` on, in `buffer` (at least `maxLineBytes + 1` bytes), or
 * undefined when there is none. `first` bytes stand in the buffer already.
 */
export async function frameLines(
  content: Content,
  from: Place,
  buffer: Uint8Array,
  maxLineBytes: number,
  first: number,
): Promise<Frame | undefined> {
  if (from.isInOverlong) return passOver(from, buffer, first);
  let filled = first;
  let end = buffer.subarray(0, filled).lastIndexOf(LF) + 1;
  while (end === 0 && filled <= maxLineBytes && filled > 0) {
    const wanted = Math.min(READ_BYTES, maxLineBytes + 1 - filled);
    const count = await content.read(buffer, filled, wanted, from.position + filled);
    if (count === 0) return undefined;
    const found = buffer.subarray(filled, filled + count).lastIndexOf(LF);
    if (found >= 0) end = filled + found + 1;
    filled += count;
  }
  if (end > 0) {
    const position = from.position + end;
    return { position, isInOverlong: false, start: 0, end, overlongLines: 0, overlongBytes: 0 };
  }
  if (filled <= maxLineBytes) return undefined;
  return {
    position: from.position + filled,
    isInOverlong: true,
    start: 0,
    end: 0,
    overlongLines: 0,
    overlongBytes: filled,
  };
}

/** How many bytes the first read of a turn asks for. */
export function firstReadBytes(maxLineBytes: number): number {
  return Math.min(READ_BYTES, maxLineBytes + 1);
}

/** Goes on inside an over-long line; the line counts once its LF has been seen. */
function passOver(from: Place, buffer: Uint8Array, filled: number): Frame | undefined {
  if (filled === 0) return undefined;
  const bytes = buffer.subarray(0, filled);
  const start = bytes.indexOf(LF) + 1;
  if (start === 0) {
    const position = from.position + filled;
    const none = { start: 0, end: 0, overlongLines: 0 };
    return { ...none, position, isInOverlong: true, overlongBytes: filled };
  }
  const end = bytes.lastIndexOf(LF) + 1;
  const position = from.position + end;
  return { position, isInOverlong: false, start, end, overlongLines: 1, overlongBytes: start };
}
