import type { LineParser } from '../../parse/line-parser.ts';
import type { RecordBatch } from '../../parse/record-batch.ts';
import type { LineBatch } from '../../source/line-batch.ts';
import type { BackfillFile, Stretch } from './file-order.ts';
import { isTimed } from './line-order.ts';
import { LineSorter } from './line-sorter.ts';
import { NearlyOrderedLines, type OrderedPiece } from './nearly-ordered.ts';

const CR = 0x0d;

/**
 * The lines of one log, second by second, whatever files they stand in and in whatever order. Reads
 * one stretch after the other where that is their order, and sorts them where it is not.
 *
 * Owns the file that is being read, and what is being sorted, until `close()`.
 */
export interface OrderedLinesOptions {
  readonly log: string;
  /** As groupsOf() gives them. */
  readonly groups: readonly (readonly Stretch[])[];
  readonly openStretch: (stretch: Stretch) => Promise<BackfillFile>;
  /** For the times of the lines. */
  readonly newParser: () => LineParser;
  readonly records: RecordBatch;
  readonly latestS: () => number;
  /** Of lines that are being sorted. */
  readonly memoryBytes: number;
  readonly onProgress: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export class OrderedLines {
  readonly #options: OrderedLinesOptions;
  #next = 0;
  #file: BackfillFile | undefined;
  /** Puts the lines of the file in order, where they are so only nearly. */
  #near: NearlyOrderedLines | undefined;
  #sorter: LineSorter | undefined;

  constructor(options: OrderedLinesOptions) {
    this.#options = options;
  }

  /** The next lines, read into `buffer`; undefined at the end. */
  async next(buffer: Uint8Array): Promise<LineBatch | undefined> {
    for (;;) {
      const batch = this.#sortedLines(buffer) ?? (await this.#readLines(buffer));
      if (batch !== undefined) return batch;
      const group = this.#options.groups[this.#next++];
      if (group === undefined) return undefined;
      const [first] = group;
      if (group.length === 1 && first !== undefined && first.disorderS < Infinity) {
        this.#file = await this.#options.openStretch(first);
        if (first.disorderS > 0) this.#near = this.#inOrder(this.#file, first);
      } else {
        await this.#sort(group, buffer);
      }
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#sorter?.close();
  }

  async #readLines(buffer: Uint8Array): Promise<LineBatch | undefined> {
    const piece = await this.#near?.next(buffer);
    if (piece !== undefined) return this.#batchOf(piece, buffer);
    const batch = this.#near === undefined ? await this.#file?.next(buffer) : undefined;
    this.#near = undefined;
    if (batch !== undefined) {
      this.#options.onProgress(batch.end - batch.start);
      return batch;
    }
    await this.#file?.close();
    this.#file = undefined;
    return undefined;
  }

  #sortedLines(bytes: Uint8Array): LineBatch | undefined {
    const lines = this.#sorter?.next(bytes);
    if (lines !== undefined) return this.#batchOf(lines, bytes);
    this.#sorter?.close();
    this.#sorter = undefined;
    return undefined;
  }

  #inOrder(file: BackfillFile, { disorderS, firstS }: Stretch): NearlyOrderedLines {
    const { newParser, records, latestS, memoryBytes, onProgress } = this.#options;
    return new NearlyOrderedLines({
      file,
      parser: newParser(),
      records,
      latestS: latestS(),
      disorderS,
      firstS: firstS === Infinity ? 0 : firstS,
      memoryBytes,
      onProgress,
    });
  }

  #batchOf({ length: end, overlongLines, overlongBytes }: OrderedPiece, bytes: Uint8Array) {
    const { log } = this.#options;
    const flags = { before: false, headLost: false };
    return { log, path: log, bytes, start: 0, end, overlongLines, overlongBytes, ...flags };
  }

  async #sort(group: readonly Stretch[], buffer: Uint8Array): Promise<void> {
    const { openStretch, signal, memoryBytes } = this.#options;
    const sorter = new LineSorter(memoryBytes);
    this.#sorter = sorter;
    for (const stretch of group) {
      if (signal?.aborted === true) return;
      const file = await openStretch(stretch);
      try {
        await this.#addAll(sorter, file, stretch, buffer);
      } finally {
        await file.close();
      }
    }
  }

  async #addAll(
    sorter: LineSorter,
    file: BackfillFile,
    { firstS }: Stretch,
    buffer: Uint8Array,
  ): Promise<void> {
    const { records, newParser, latestS, onProgress, signal } = this.#options;
    const parser = newParser();
    const latest = latestS();
    // What has no time stands where the line before it does, and before all others with the first.
    let second = firstS === Infinity ? 0 : firstS;
    while (signal?.aborted !== true) {
      const batch = await file.next(buffer);
      if (batch === undefined) return;
      sorter.addOverlong(second, batch.overlongLines, batch.overlongBytes);
      const { bytes } = batch;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let from = batch.start; from < batch.end; from = records.consumedTo) {
        parser.parse(batch, from, records);
        for (let row = 0; row < records.length; row++) {
          const hasTime = isTimed(records, row, latest);
          if (hasTime) second = records.timeS[row] ?? second;
          const start = records.lineStart[row] ?? 0;
          const end = records.lineEnd[row] ?? 0;
          // With what ends the line: a line feed, perhaps with a carriage return before it.
          const next = end + (bytes[end] === CR ? 2 : 1);
          sorter.add(second, hasTime, view, start, next);
        }
      }
      onProgress(batch.end - batch.start);
    }
  }
}
