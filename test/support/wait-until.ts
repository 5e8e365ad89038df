import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** How long the condition may take. A deadline for a broken program, not an expected duration. */
  readonly deadlineMs?: number;
  readonly pollMs?: number;
  /** Added to the error, asked for only when the deadline has passed: the state at that moment. */
  readonly detail?: () => string;
}

/**
 * Polls until the condition gives something other than `undefined`, `null` or `false`, and returns
 * that. A condition that throws counts as not met yet; its last error becomes the cause.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = options.deadlineMs ?? 15_000;
  const endMs = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) {
        return value as NonNullable<Exclude<T, false>>;
      }
    } catch (failure) {
      cause = failure;
    }
    if (performance.now() >= endMs) {
      const detail = options.detail === undefined ? '' : `\n${options.detail()}`;
      throw new Error(`waited ${deadlineMs} ms in vain until ${what}${detail}`, { cause });
    }
    await delay(options.pollMs ?? 10);
  }
}
