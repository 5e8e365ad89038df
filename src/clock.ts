/**
 * Time comes in from outside, so that no test ever sleeps and no stage reads the wall clock itself.
 * Shapes: epoch milliseconds for the wall clock, arbitrary-origin milliseconds for the monotonic one.
 */
export interface Clock {
  /** Wall clock, epoch milliseconds. It may jump in either direction. */
  now(): number;
  /** Never goes back; for time-outs, backoff and durations. */
  monotonicMs(): number;
  /** Resolves after `ms` or when `signal` aborts, whichever is first; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // `performance` would be loaded for this alone, which takes 10 ms of each start.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};
