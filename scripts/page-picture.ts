/**
 * Takes docs/images/page.png: the page of the demo, after some minutes of its traffic. Needs Chromium.
 * Use: npm run picture [-- PATH-OF-CHROMIUM].
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/images/page.png', import.meta.url));
/** Once the page is through what the demo has made up at its start. */
const ALL_SHOWN = /of 3[2-9],\d{3} lines/;

const demo = spawn(process.execPath, [MAIN, 'demo'], {
  env: { ...process.env, LISTEN: '127.0.0.1:0' },
  stdio: ['ignore', 'ignore', 'pipe'],
});
const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--force-color-profile=srgb'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${await addressOf(demo.stderr)}?range=5m`);
  await page.locator('#numbers').getByText(ALL_SHOWN).waitFor({ timeout: 60_000 });
  await page.locator('#upstreams td').first().waitFor({ timeout: 60_000 });
  await page.screenshot({ path: PICTURE });
} finally {
  await browser.close();
  demo.kill('SIGTERM');
  await once(demo, 'exit');
}

async function addressOf(output: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const part of output) {
    text += part.toString();
    const [, address] = /^The page: (\S+)$/m.exec(text) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`The demo has ended before its page was there: ${text}`);
}
