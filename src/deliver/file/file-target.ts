/**
 * Line protocol to a file or to standard output, for a person or another program to read. There is
 * no reply to judge: what the output has taken is written.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { PointGroup } from '../../points/point-sink.ts';
import { LineProtocol } from '../line-protocol/line-protocol.ts';
import type { PointBatch, SendOutcome, Target } from '../target.ts';

const gunzipAsync = promisify(gunzip);

/** Where the text goes; of a stream, what is needed of it. */
export interface TextOutput {
  write(text: Uint8Array, whenTaken: (error?: Error | null) => void): unknown;
}

export class FileTarget implements Target {
  readonly name: string;
  readonly address: string;
  readonly #output: TextOutput;
  readonly #lines = new LineProtocol();

  constructor(output: TextOutput, name: string) {
    this.#output = output;
    this.name = name;
    this.address = name;
  }

  /** The points of one call sorted by time, then by series, so that two files can be compared. */
  *encode(groups: Iterable<PointGroup>): Generator<PointBatch> {
    const lines: { readonly timeS: number; readonly text: string }[] = [];
    for (const { bytes } of this.#lines.encode(groups)) {
      for (const text of Buffer.from(bytes).toString('utf8').split('\n')) {
        if (text !== '') lines.push({ timeS: Number(text.slice(text.lastIndexOf(' '))), text });
      }
    }
    if (lines.length === 0) return;
    lines.sort((a, b) => a.timeS - b.timeS || (a.text < b.text ? -1 : 1));
    const bytes = Buffer.from(lines.map(({ text }) => `${text}\n`).join(''));
    yield { bytes, points: lines.length };
  }

  split(bytes: Uint8Array): readonly Uint8Array[] {
    return this.#lines.split(bytes);
  }

  async send(payload: Uint8Array): Promise<SendOutcome> {
    const text = await gunzipAsync(payload);
    const taken = Promise.withResolvers<SendOutcome>();
    this.#output.write(text, (error) => {
      taken.resolve(
        error instanceof Error ? { kind: 'retry', reason: error.message } : { kind: 'written' },
      );
    });
    return taken.promise;
  }

  async close(): Promise<void> {
    // The output belongs to whoever gave it.
  }
}
