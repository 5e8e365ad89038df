import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

/** Lets one reader sleep until something has come; what comes while it is awake wakes it at once. */
export class Wakeup {
  readonly #clock: Clock;
  #isPending = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isPending = true;
    this.#wake?.();
  }

  /** Resolves when woken, after `maxMs`, or when `signal` aborts. */
  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isPending) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await this.#clock.sleep(maxMs, AbortSignal.any([signal, woken.signal]));
      this.#wake = undefined;
    }
    this.#isPending = false;
  }
}

/**
 * Lets everything that has arrived at the system's sockets and pipes come in. Two turns, because the
 * first may end a turn of the event loop that asked the system before the last of it arrived.
 */
export async function letArrive(): Promise<void> {
  await nextTurn();
  await nextTurn();
}
