/**
 * Figures of the moment a window is first written; a correction later repeats them. Rotations and
 * truncations are counts: each stands in one window.
 */
export interface Gauges {
  readonly unreadBytes: number;
  readonly lagMs: number;
  readonly rotations: number;
  readonly truncations: number;
}

export const NO_GAUGES: Gauges = { unreadBytes: 0, lagMs: 0, rotations: 0, truncations: 0 };

export function hasCounts({ rotations, truncations }: Gauges): boolean {
  return rotations > 0 || truncations > 0;
}

/** Figures that no window has taken yet: the latest, the greatest lag, the sum of the counts. */
export class PendingGauges {
  #pending = NO_GAUGES;

  note(gauges: Gauges): void {
    this.#pending = {
      unreadBytes: gauges.unreadBytes,
      lagMs: Math.max(this.#pending.lagMs, gauges.lagMs),
      rotations: this.#pending.rotations + gauges.rotations,
      truncations: this.#pending.truncations + gauges.truncations,
    };
  }

  /**
   * The figures to write with a window that has `own` so far; counts are added only where
   * `takesCounts`.
   */
  take(own: Gauges, takesCounts: boolean): Gauges {
    const { unreadBytes, lagMs, rotations, truncations } = this.#pending;
    if (!takesCounts) return { ...own, unreadBytes, lagMs };
    this.#pending = NO_GAUGES;
    return {
      unreadBytes,
      lagMs,
      rotations: own.rotations + rotations,
      truncations: own.truncations + truncations,
    };
  }

  snapshot(): Gauges {
    return this.#pending;
  }

  restore(pending: Gauges): void {
    this.#pending = pending;
  }
}
