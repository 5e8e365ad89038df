import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { debianPackage, hasDebianTools } from './debian-packages.ts';
import { defer } from './defer.ts';

/** Of the machine, before one is fetched. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** For a machine that is busy with other tests. */
export const PATIENCE_MS = 60_000;

/** A headless browser that ends with the test; undefined where none can be had. */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  const program = await findChromium();
  if (program === undefined) {
    t.skip('There is no Chromium on this machine, and apt has none: install chromium.');
    return undefined;
  }
  const browser = await chromium.launch({
    executablePath: program.path,
    // Root has no sandbox; what is shown here is our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...program.env },
    timeout: PATIENCE_MS,
  });
  defer(t, () => browser.close());
  return browser;
}

async function findChromium(): Promise<
  { readonly path: string; readonly env: Readonly<Record<string, string>> } | undefined
> {
  const path = PATHS.find((one) => existsSync(one));
  if (path !== undefined) return { path, env: {} };
  if (!(await hasDebianTools())) return undefined;
  try {
    const { root, libraryPath } = await debianPackage('chromium');
    return {
      path: join(root, 'usr/lib/chromium/chromium'),
      env: { LD_LIBRARY_PATH: libraryPath },
    };
  } catch {
    return undefined;
  }
}
