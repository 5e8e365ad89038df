import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { signatureOf } from '../nginx/conf/configuration.ts';
import { NginxConfError } from '../nginx/conf/tokenizer.ts';
import { type NginxLogs, readNginxLogs, saysOf } from './nginx-logs.ts';

/**
 * Looks at the files of nginx's configuration for changes: every 2 s at their times and sizes, and
 * at what they say only after those. A change counts when nothing has changed for one more look, so
 * a file that is being written is not read half. When the configuration cannot be read, a notice
 * says so and the watch goes on.
 *
 * The configuration is read when it is saved, and nginx may take it up later: until then its lines
 * have the former format, which the parser goes on to know.
 */
export interface NginxWatch {
  /** Aborts once the configuration says something else. */
  readonly changed: AbortSignal;
  /** Stops looking; resolves to what it says now, or to undefined when that is what it said. */
  close(): Promise<NginxLogs | undefined>;
}

/** Short, because lines in a new format do not match until the change is taken up. */
const LOOK_INTERVAL_MS = 2_000;

/** `config`: as it was read from the environment. */
export function watchNginxLogs(
  current: NginxLogs,
  config: Config,
  parts: { clock: Pick<Clock, 'sleep'>; onTrouble: (message: string) => void },
): NginxWatch {
  const changed = new AbortController();
  const closing = new AbortController();
  const next = nextLogs(current, config, { ...parts, signal: closing.signal }).then((logs) => {
    if (logs !== undefined) changed.abort();
    return logs;
  });
  return {
    changed: changed.signal,
    close: () => {
      closing.abort();
      return next;
    },
  };
}

async function nextLogs(
  current: NginxLogs,
  config: Config,
  parts: {
    clock: Pick<Clock, 'sleep'>;
    signal: AbortSignal;
    onTrouble: (message: string) => void;
  },
): Promise<NginxLogs | undefined> {
  const { clock, signal, onTrouble } = parts;
  let { watched, signature: taken } = current;
  let seen = taken;
  for (;;) {
    await clock.sleep(LOOK_INTERVAL_MS, signal);
    if (signal.aborted) return undefined;
    const signature = await signatureOf(watched);
    const isCalm = signature === seen;
    seen = signature;
    if (!isCalm || signature === taken) continue;
    taken = signature;
    try {
      const next = await readNginxLogs(config, current);
      if (next === undefined) return undefined;
      ({ watched, signature: taken } = next);
      seen = taken;
      if (saysOf(next) !== saysOf(current)) return next;
    } catch (error) {
      if (!(error instanceof NginxConfError)) throw error;
      onTrouble(`${error.message} The meter goes on with what it knew.`);
    }
  }
}
