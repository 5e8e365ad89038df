import type { TestContext } from 'node:test';

type Undo = () => void | Promise<void>;

const stacks = new WeakMap<TestContext, Undo[]>();

/**
 * Runs `undo` when the test is over, last in first out (`t.after` alone runs them first in first out,
 * which would remove a folder under a server that still runs in it). All of them run even if one throws.
 */
export function defer(t: TestContext, undo: Undo): void {
  const known = stacks.get(t);
  if (known !== undefined) {
    known.push(undo);
    return;
  }
  const stack = [undo];
  stacks.set(t, stack);
  t.after(async () => {
    const failures: unknown[] = [];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      try {
        await next();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, 'cleaning up after the test failed');
  });
}
