import { Readable } from 'node:stream';
import { dispatch } from '../../src/cli/dispatch.ts';
import { WrittenText } from './written-text.ts';

export interface Dispatched {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `nginx-meter WORDS` in this process, to its end; not for the commands that take the process for themselves. */
export async function dispatched(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  {
    stdin = '',
    signal = new AbortController().signal,
  }: { readonly stdin?: string | Uint8Array; readonly signal?: AbortSignal } = {},
): Promise<Dispatched> {
  const [stdout, stderr] = [new WrittenText(), new WrittenText()];
  const code = await dispatch(words, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
    environment: () => environment,
    stopSignal: () => signal,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
