import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowser, PATIENCE_MS } from '../support/chromium.ts';
import { defer } from '../support/defer.ts';
import { Meter } from '../support/meter.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What a client sends who hopes that somebody looks at it in a browser. */
const HOSTILE = '<img/src=x/onerror=document.title=1>';
/** U+202E turns the order of what follows it. */
const TURNED = 'gnp.\u202Eexe';
const FORMAT =
  '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$http_referer" ' +
  '"$http_user_agent" $request_time "$host"';
/** Times of the lines: some minutes back, so that their windows are done at once. */
const AGO_S = 120;

function line(site: string, path: string, status: number, agent = 'curl/8.0'): string {
  const date = new Date(Date.now() - 1000 * AGO_S).toUTCString();
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date) ?? [];
  const moment = `${day}/${month}/${year}:${time} +0000`;
  return `192.0.2.7 - - [${moment}] "GET ${path} HTTP/1.1" ${status} 1000 "-" "${agent}" 0.020 "${site}"\n`;
}

const LINES =
  line('shop.example', '/cart', 200).repeat(60) +
  line('shop.example', '/pay', 500).repeat(20) +
  line('blog.example', '/feed', 200, HOSTILE).repeat(15) +
  line('blog.example', `/${HOSTILE}`, 404).repeat(4) +
  line('blog.example', '/gone', 404, TURNED) +
  `${HOSTILE} is no line of a log\n`;

/** A meter that has read the lines, and a page on it that has shown them. */
async function shown(t: TestContext) {
  const browser = await openBrowser(t);
  if (browser === undefined) return undefined;
  const dir = temporaryFolder(t);
  const log = join(dir, 'access.log');
  writeFileSync(log, LINES);
  const env = { LOG_PATHS: log, LOG_FORMAT: FORMAT, LISTEN: '127.0.0.1:0' };
  const meter = await Meter.start({ dir: join(dir, 'meter'), env });
  defer(t, () => meter.kill());
  await waitUntil(
    'the history has all lines',
    async () => {
      const { body } = await meter.get('/api/summary?range=5m');
      const { summary } = JSON.parse(body);
      return summary.totals.requests === 100 && summary.routes.rows.length >= 4;
    },
    { deadlineMs: PATIENCE_MS },
  );
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`${meter.url}/?range=5m`);
  await page.waitForSelector('#routes td');
  return { meter, page, faults, requests, dir, log, env };
}

const textOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).innerText();

test('the page shows the truth in three requests, and hostile strings as text', async (t) => {
  const rig = await shown(t);
  if (rig === undefined) return;
  const { page, meter, faults, requests } = rig;
  const paths = requests.slice(0, 3).map((url) => new URL(url).pathname);
  assert.deepEqual(paths, ['/', '/page.js', '/api/summary']);
  assert.ok(
    requests.every((url) => url.startsWith(`${meter.url}/`)),
    requests.join('\n'),
  );
  const numbers = await textOf(page, '#numbers');
  assert.match(numbers, /errors 5xx\s+20 %\s+4xx 5\.0 %/);
  assert.match(numbers, /unparsed\s+0\.99 %\s+1 of 101 lines/);
  const routes = await textOf(page, '#routes');
  assert.match(routes, /shop\.example\s+\/cart\s+60\s+60 %/);
  assert.match(await textOf(page, '#fails'), /\/pay\s+20\s+100 %/);
  assert.equal(await page.locator('.u-wrap canvas').count(), 2);

  assert.ok((await textOf(page, '#fails')).includes(HOSTILE));
  assert.ok((await textOf(page, '#meter')).includes(`${HOSTILE} is no line of a log`));
  await page.getByRole('button', { name: 'agents', exact: true }).click();
  await page.locator('#who').getByText(HOSTILE).waitFor();
  assert.match(page.url(), /who=agents/);
  assert.match(await textOf(page, '#who'), /curl\/8\.0\s+84\s/);
  assert.match(await textOf(page, '#who'), /gnp\._exe/);
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.title(), 'nginx-meter');
  assert.deepEqual(faults, []);
});

test('a click narrows to a site, another sorts, and both stand in the address', async (t) => {
  const rig = await shown(t);
  if (rig === undefined) return;
  const { page } = rig;
  await page.getByRole('button', { name: '5xx', exact: true }).click();
  assert.match(await textOf(page, '#routes tbody tr:first-child'), /\/pay/);
  await page.getByRole('button', { name: 'blog.example' }).first().click();
  await page.locator('#routes').getByText('/cart').waitFor({ state: 'detached' });
  assert.match(await textOf(page, '#routes'), /\/feed\s+15\s+75 %/);
  assert.match(page.url(), /site=blog\.example/);
  assert.match(page.url(), /sort=5xx/);
  await page.reload();
  await page.locator('#routes').getByText('/feed').waitFor();
  assert.doesNotMatch(await textOf(page, '#routes'), /\/cart/);
  await page.goBack();
  await page.locator('#routes').getByText('/cart').waitFor();
});

test('dragging over a graph shows that span, and a telephone shows everything', async (t) => {
  const rig = await shown(t);
  if (rig === undefined) return;
  const { page } = rig;
  const graph = page.locator('#requests-graph .u-over');
  const box = await graph.boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + 0.2 * box.width, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.8 * box.width, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/[?&]from=\d+&until=\d+/);
  const { searchParams } = new URL(page.url());
  const seconds = Number(searchParams.get('until')) - Number(searchParams.get('from'));
  assert.ok(seconds > 160 && seconds < 200, `${seconds} s`);
  await page.locator('#live').getByText('a span').waitFor();
  await page.getByRole('button', { name: '1h' }).click();
  await page.locator('#live').getByText('live').waitFor();

  await page.setViewportSize({ width: 360, height: 740 });
  await page.locator('#requests-graph').scrollIntoViewIfNeeded();
  await waitUntil('nothing is wider than the screen', async () => {
    return (await page.evaluate('document.documentElement.scrollWidth')) === 360;
  });
});

test('after kill -9 the page asks on, and the past is there', async (t) => {
  const rig = await shown(t);
  if (rig === undefined) return;
  const { page, meter, env } = rig;
  const { port } = meter;
  await meter.kill();
  await page.locator('#trouble').getByText('does not answer').waitFor();
  assert.match(await textOf(page, '#routes'), /\/cart\s+60/);
  const again = await Meter.start({ dir: meter.dir, env: { ...env, LISTEN: `127.0.0.1:${port}` } });
  defer(t, () => again.kill());
  await page.locator('#trouble').waitFor({ state: 'hidden' });
  assert.match(await textOf(page, '#routes'), /\/cart\s+60/);
});
