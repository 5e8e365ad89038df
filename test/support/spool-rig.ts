import { readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Notice } from '../../src/notice/notice.ts';
import type { Damage } from '../../src/spool/segment.ts';
import { Spool } from '../../src/spool/spool.ts';
import type { SpoolOptions } from '../../src/spool/spool-options.ts';
import type { SpoolRecord } from '../../src/spool/spool-record.ts';
import { FakeClock } from './clock.ts';
import { FaultyFileSystem } from './faulty-file-system.ts';

/** A spool in a folder of the test's own, with everything around it in the test's hands. */
export class SpoolRig {
  readonly dir: string;
  readonly clock = new FakeClock();
  readonly disk = new FaultyFileSystem();
  readonly notices: Notice[] = [];
  readonly damages: Damage[] = [];

  constructor(folder: string) {
    this.dir = `${folder}/spool`;
  }

  open(options: Partial<SpoolOptions> = {}): Promise<Spool> {
    return Spool.open({
      dir: this.dir,
      maxBytes: 64 * 1024 * 1024,
      committedSeq: undefined,
      whenFull: 'stop',
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
      onDamage: (damage) => this.damages.push(damage),
      fileSystem: this.disk,
      ...options,
    });
  }

  /** Names of the segments in the folder, oldest first. */
  get segments(): string[] {
    return readdirSync(this.dir)
      .filter((name) => name.endsWith('.seg'))
      .sort();
  }

  get codes(): string[] {
    return this.notices.map((notice) => notice.code);
  }
}

/** A batch of `points` lines that says which one it is. */
export function batch(name: string, points = 1): Uint8Array {
  return Buffer.from(`m,n=${name} v=1i 1\n`.repeat(points));
}

/** A batch that gzip cannot press: about `bytes` in the spool. */
export function bulkyBatch(name: string, bytes: number): Uint8Array {
  let noise = '';
  // A fixed sequence of characters with enough variety: xorshift, printed in base 36.
  let state = 88_172_645 + name.length;
  while (noise.length < bytes * 1.6) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise += (state >>> 0).toString(36);
  }
  return Buffer.from(`m,n=${name} v="${noise}" 1\n`);
}

/** The name in a record made of `batch()` or `bulkyBatch()`. */
export function nameOf(record: SpoolRecord | undefined): string | undefined {
  if (record === undefined) return undefined;
  return /n=(\S+) /.exec(gunzipSync(record.payload).toString())?.[1];
}

/** The oldest record that may be sent, or undefined when there is none at the moment. */
export async function nextNow(spool: Spool): Promise<SpoolRecord | undefined> {
  const controller = new AbortController();
  const next = spool.next(controller.signal);
  // The spool does one thing at a time: once this empty acknowledgement is through, next() has
  // looked, and the abort ends nothing but its waiting.
  await spool.ack(0);
  controller.abort();
  return next;
}

/** Takes and acknowledges everything that may be sent. */
export async function drain(spool: Spool): Promise<string[]> {
  const names: string[] = [];
  for (let record = await nextNow(spool); record !== undefined; record = await nextNow(spool)) {
    names.push(nameOf(record) ?? '?');
    await spool.ack(record.seq);
  }
  return names;
}
