/** Every named point of the pipeline, and how often a meter was killed there. */
const NAMES = [
  'spool-before-append',
  'spool-after-append',
  'spool-before-fsync',
  'spool-after-fsync',
  'spool-before-delete',
  'spool-after-delete',
  'checkpoint-before-write',
  'checkpoint-before-fsync',
  'checkpoint-before-rename',
  'checkpoint-after-rename',
  'checkpoint-after-fsync',
  'write-before-send',
  'write-after-send',
  'write-before-ack',
  'write-after-ack',
] as const;

export class KillPoints {
  readonly visits = new Map<string, number>(NAMES.map((name) => [name, 0]));
  readonly #attempts = new Map<string, number>();

  /** The one tried least often so far; `isRich`: so many points are made that segments fill up. */
  next(isRich: boolean): string {
    // A segment is deleted only once it is worth it.
    const names = NAMES.filter((name) => isRich || !name.endsWith('-delete'));
    let best: string = names[0] ?? NAMES[0];
    for (const name of names) {
      if ((this.#attempts.get(name) ?? 0) < (this.#attempts.get(best) ?? 0)) best = name;
    }
    this.#attempts.set(best, (this.#attempts.get(best) ?? 0) + 1);
    return best;
  }

  visited(name: string): void {
    this.visits.set(name, (this.visits.get(name) ?? 0) + 1);
  }

  get total(): number {
    return [...this.visits.values()].reduce((sum, visits) => sum + visits, 0);
  }

  table(): string {
    return [...this.visits].map(([name, visits]) => `${name} ${visits}`).join(', ');
  }
}
