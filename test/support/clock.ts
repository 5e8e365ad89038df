import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/**
 * A clock that moves only when a test moves it. Wall and monotonic time advance together;
 * `jump()` moves the wall clock alone, as NTP or an operator does.
 */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(wallMs: number = Date.UTC(2026, 0, 2, 3, 4, 0)) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        dueMs: this.#monotonicMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** How many sleep at the moment; to wait until the code under test has gone to sleep. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** In how many ms the next sleeper is due; undefined when nobody sleeps. */
  get nextDueMs(): number | undefined {
    const due = [...this.#sleepers].map((sleeper) => sleeper.dueMs - this.#monotonicMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Moves only the wall clock, in either direction; no sleeper notices. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  /**
   * Lets `ms` pass: wakes whoever is due, in order and each at its own moment, and lets what they
   * woke run (and perhaps sleep again) before time goes on.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    for (;;) {
      await nextTurn();
      let next: Sleeper | undefined;
      for (const sleeper of this.#sleepers) {
        if (sleeper.dueMs <= endMs && (next === undefined || sleeper.dueMs < next.dueMs)) {
          next = sleeper;
        }
      }
      if (next === undefined) break;
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      next.wake();
    }
    this.#moveTo(endMs);
    await nextTurn();
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}
