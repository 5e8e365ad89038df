/**
 * How far a backfill is, on a terminal's stderr; elsewhere it says nothing. One line, drawn over at
 * most ten times a second, and wiped at the end.
 */
const DRAW_INTERVAL_MS = 100;
const CELLS = 30;

export interface ProgressTerminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #terminal: ProgressTerminal;
  readonly #monotonicMs: () => number;
  readonly #totalBytes: number;
  readonly #startedMs: number;
  #bytes = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: ProgressTerminal, totalBytes: number, monotonicMs: () => number) {
    this.#terminal = terminal;
    this.#totalBytes = totalBytes;
    this.#monotonicMs = monotonicMs;
    this.#startedMs = monotonicMs();
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    const nowMs = this.#monotonicMs();
    if (this.#terminal.isTTY !== true || nowMs - this.#drawnMs < DRAW_INTERVAL_MS) return;
    this.#drawnMs = nowMs;
    this.#terminal.write(`\r\u001b[K${this.#text(nowMs)}`);
  }

  close(): void {
    if (this.#terminal.isTTY === true && this.#bytes > 0) this.#terminal.write('\r\u001b[K');
  }

  #text(nowMs: number): string {
    const seconds = Math.max(0.001, (nowMs - this.#startedMs) / 1000);
    const speed = `${megabytes(this.#bytes / seconds)} MB/s`;
    // A compressed file is longer inside than outside, so the end cannot be foretold.
    if (this.#totalBytes < this.#bytes) return `${megabytes(this.#bytes)} MB read, ${speed}`;
    const share = this.#totalBytes === 0 ? 1 : this.#bytes / this.#totalBytes;
    const full = Math.round(share * CELLS);
    const bar = '█'.repeat(full) + '░'.repeat(CELLS - full);
    const leftS = Math.round((seconds / Math.max(share, 0.001)) * (1 - share));
    return `${bar} ${Math.floor(share * 100)} %  ${speed}  ${leftS} s left`;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
