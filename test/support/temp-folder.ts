import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defer } from './defer.ts';

/**
 * A folder of the test's own under the system's temporary folder. It is removed when the test has
 * passed; when it failed (or with KEEP=1) it stays, with the logs of whatever ran in it, and the
 * test's output names it. Ask for it before starting anything in it, so that it goes last.
 */
export function temporaryFolder(t: TestContext, prefix = 'nginx-meter-'): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  defer(t, () => {
    const { passed } = t as TestContext & { readonly passed: boolean }; // missing in @types/node 24
    if (process.env['KEEP'] === '1' || !passed) {
      t.diagnostic(`kept for a look: ${folder}`);
      return;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}
