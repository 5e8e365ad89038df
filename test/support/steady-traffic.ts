import { setTimeout as delay } from 'node:timers/promises';
import type { Nginx } from './nginx.ts';
import { sendMany } from './requests.ts';
import { waitUntil } from './wait-until.ts';

/** Requests without an end, until `stop()`, so that whatever a test does happens in their midst. */
export interface SteadyTraffic {
  /** Requests that were answered so far. */
  readonly sent: number;
  /** Resolves once `count` more requests have been answered. */
  more(count: number): Promise<void>;
  /** Resolves to the number of requests sent in all. Rejects if one was not answered. */
  stop(): Promise<number>;
}

const ROUND = 60;
/** Leaves the machine some time for the servers under test. */
const PAUSE_MS = 40;

const TARGETS = ['/', '/status/404', '/bytes/1000', '/status/503'];

/**
 * Every round has a mark of its own in its URLs: generations of a real log differ in their first bytes,
 * and those of a log that is rotated several times within a second would otherwise not.
 */
export function startTraffic(nginx: Nginx): SteadyTraffic {
  let sent = 0;
  let isStopping = false;
  const run = async (): Promise<void> => {
    while (!isStopping) {
      const round = sent / ROUND;
      await sendMany(nginx, ROUND, { targets: TARGETS.map((path) => `${path}?round=${round}`) });
      sent += ROUND;
      await delay(PAUSE_MS);
    }
  };
  const running = run();
  running.catch(() => {}); // stop() tells
  return {
    get sent() {
      return sent;
    },
    async more(count) {
      const until = sent + count;
      await waitUntil(`${until} requests have been sent`, () => sent >= until);
    },
    async stop() {
      isStopping = true;
      await running;
      return sent;
    },
  };
}
