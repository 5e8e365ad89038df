import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freeAddress } from '../../../../src/cli/demo/free-address.ts';
import { Traffic, TRAFFIC_FORMAT } from '../../../../src/cli/demo/traffic.ts';
import { TrafficLog } from '../../../../src/cli/demo/traffic-log.ts';
import { explainLine } from '../../../../src/parse/advice/explain.ts';
import { FakeClock } from '../../../support/clock.ts';
import { defer } from '../../../support/defer.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

const START_MS = 1_795_374_000_000;

function linesOf(seed: number, seconds: number): string[] {
  const traffic = new Traffic({ seed, requestsPerSecond: 100 });
  const text: string[] = [];
  for (let ms = 0; ms < seconds * 1000; ms += 100) {
    text.push(traffic.lines(START_MS + ms, START_MS + ms + 100));
  }
  return text.join('').split('\n').slice(0, -1);
}

test('every line has the form of its format', () => {
  for (const line of linesOf(7, 20)) {
    assert.equal(explainLine(TRAFFIC_FORMAT, Buffer.from(line)), undefined, line);
  }
});

test('the same seed gives the same lines, another seed others', () => {
  assert.deepEqual(linesOf(1, 5), linesOf(1, 5));
  assert.notDeepEqual(linesOf(1, 5), linesOf(2, 5));
});

test('over a whole wave the rate is the one asked for, with several sites, errors and methods', () => {
  const lines = linesOf(3, 120);
  assert.ok(Math.abs(lines.length / 120 - 100) < 10, `${lines.length / 120} per second`);
  const distinct = (pattern: RegExp) => new Set(lines.map((line) => pattern.exec(line)?.[1]));
  assert.ok(distinct(/"([\w.-]+)"$/).size >= 5);
  assert.ok(distinct(/"([A-Z]+) /).size >= 4);
  assert.ok(distinct(/" (\d{3}) /).size >= 8);
  assert.ok(lines.some((line) => / 50[24] /.test(line)));
});

test('the log is rotated by renaming, and lines go to the old file for a moment', async (t) => {
  const folder = temporaryFolder(t);
  const clock = new FakeClock(START_MS);
  const log = new TrafficLog(folder, new Traffic({ seed: 1, requestsPerSecond: 50 }), clock);
  defer(t, () => log.close());
  log.write();
  assert.ok(readFileSync(log.path, 'utf8').split('\n').length > 300, 'it begins with a past');
  const sizes: number[] = [];
  for (let step = 0; step < 140; step++) {
    await clock.advance(100);
    log.write();
    if (existsSync(`${log.path}.1`)) sizes.push(readFileSync(`${log.path}.1`).length);
  }
  assert.deepEqual(readdirSync(folder).sort(), ['access.log', 'access.log.1']);
  assert.ok((sizes.at(-1) ?? 0) > (sizes[0] ?? 0), 'the renamed file still grew');
  assert.equal(sizes.at(-1), sizes.at(-5), 'and then no more');
});

test('there is something to find: a slow route, a server that fails, a scanner', () => {
  const lines = linesOf(3, 120);
  const timesOf = (part: string) =>
    lines
      .filter((line) => line.includes(part))
      .map((line) => Number(/ (\d+\.\d+) "/.exec(line)?.[1]));
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  assert.ok(median(timesOf('/account/orders/')) > 1);
  assert.ok(median(timesOf('/products/')) < 0.2);
  assert.ok(lines.filter((line) => line.includes('"10.0.0.12:8080, 10.0.0.11:8080"')).length > 50);
  assert.ok(lines.filter((line) => /"GET \/\.env .* 404 /.test(line)).length > 20);
});

test('the page of the demo has the usual port, and any other where that is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  assert.equal(await freeAddress(address.port), '127.0.0.1:0');
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await freeAddress(address.port), `127.0.0.1:${address.port}`);
});
