import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The rooms whose mutants must die, and the property tests of each besides its unit tests. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  source: ['test/property/follower-model.test.ts'],
  pipeline: ['test/unit/source/file/*.test.ts', 'test/property/pipeline-crashes.property.test.ts'],
  aggregate: [
    'test/property/windows.property.test.ts',
    'test/property/order-of-lines.property.test.ts',
    'test/property/sites.property.test.ts',
    'test/property/dimensions.property.test.ts',
  ],
  state: ['test/unit/pipeline/*.test.ts', 'test/property/pipeline-crashes.property.test.ts'],
  spool: ['test/property/spool-against-a-model.test.ts'],
  deliver: ['test/fault/delivery/*.test.ts'],
};

/** Files of a tree that are likely to notice a fault in `file`, the nearest first, in groups to run in turn. */
export function nearestTests(tree: string, file: string): string[][] {
  const room = file.split('/')[1] ?? '';
  const own = dirname(file).replace(/^src/, 'test/unit');
  const groups = [`${own}/*.test.ts`, `test/unit/${room}/**/*.test.ts`, ...(ROOMS[room] ?? [])];
  const taken = new Set<string>();
  return groups
    .map((pattern) => globSync(pattern, { cwd: tree }).filter((path) => !taken.has(path)))
    .map((paths) => {
      for (const path of paths) taken.add(path);
      return paths.filter((path) => existsSync(join(tree, path))).toSorted();
    })
    .filter((paths) => paths.length > 0);
}
