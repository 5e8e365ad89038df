import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { backfillCommand } from '../../src/cli/backfill.ts';
import { loadConfig } from '../../src/config/config.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { WrittenText } from '../support/written-text.ts';

/** More sites, routes, clients and agents than there is room for, so that the choice among them shows. */
const SETTINGS = { HOST_TAG: 'h', WINDOW: '1h', DIMENSION_WINDOW: '1h', MAX_SITES: '4' };
const FORMAT =
  '$remote_addr $host [$time_local] "$request" $status $body_bytes_sent "$http_user_agent"';
const DAY_S = 86_400;
/** Lines come in bunches, which leaves fewer points to compare. */
const STEP_S = 4 * 3600;

/** A number from 0 to 1 that follows from `seed` and `index`. */
function noise(seed: number, index: number): number {
  const mixed = Math.imul(seed * 7919 + index + 1, 0x9e3779b1);
  return (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0) / 2 ** 32;
}

/** Lines in the order of their times, several of them in many a second. */
function madeLines(count: number, days: number): string[] {
  const startMs = Date.UTC(2024, 10, 1);
  return Array.from({ length: count }, (_, i) => {
    const second = Math.floor((i * days * DAY_S) / count / STEP_S) * STEP_S;
    const [date = '', time = ''] = new Date(startMs + second * 1000).toISOString().split('T');
    const [year, month, day] = date.split('-');
    const name = [
      'Jan',
      'Feb',
      'Mar',
      'Apr',
      'May',
      'Jun',
      'Jul',
      'Aug',
      'Sep',
      'Oct',
      'Nov',
      'Dec',
    ];
    const when = `${day}/${name[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
    const path = `/${noise(1, i) < 0.5 ? `page${Math.floor(noise(2, i) * 30)}` : `p${i % 701}/q`}`;
    const host = `s${Math.floor(noise(3, i) ** 2 * 9)}.example`;
    const client = `10.0.${Math.floor(noise(4, i) * 4)}.${Math.floor(noise(5, i) * 250)}`;
    const status = [200, 200, 304, 404, 502][Math.floor(noise(6, i) * 5)];
    return `${client} ${host} [${when}] "GET ${path} HTTP/1.1" ${status} ${Math.floor(noise(7, i) * 1e4)} "agent ${i % 311}"`;
  });
}

function shuffled(lines: readonly string[]): string[] {
  const order = lines.map((_, i) => ({ i, at: noise(8, i) }));
  return order.sort((a, b) => a.at - b.at).map(({ i }) => lines[i] ?? '');
}

async function backfill(
  t: TestContext,
  files: readonly (readonly [name: string, content: string | Buffer])[],
): Promise<string> {
  const folder = temporaryFolder(t);
  const paths = files.map(([name, content]) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  });
  const config = loadConfig({ ...SETTINGS, LOG_FORMAT: FORMAT, STATE_DIR: join(folder, 'state') });
  const [stdout, stderr] = [new WrittenText(), new WrittenText()];
  const code = await backfillCommand({ files: paths, stdout: true }, config, { stdout, stderr });
  assert.equal(code, 0, stderr.text);
  return stdout.text;
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

test('a year of lines, shuffled, gives the same points as in order, point for point', async (t) => {
  const lines = madeLines(8000, 365);
  const inOrder = await backfill(t, [['access.log', textOf(lines)]]);
  const inNone = await backfill(t, [['access.log', textOf(shuffled(lines))]]);
  assert.match(inOrder, /route=other/);
  assert.match(inOrder, /site=other/);
  assert.equal(inNone === inOrder, true, 'the points differ');
  const counted = [...inOrder.matchAll(/ lines=\d+i,counted=(\d+)i/g)];
  assert.equal(
    counted.reduce((sum, [, count]) => sum + Number(count), 0),
    lines.length,
  );
});

test('files of one log give the same points however they are cut, joined, packed and named', async (t) => {
  const lines = madeLines(3000, 20);
  const whole = await backfill(t, [['access.log', textOf(lines)]]);
  // In the middle of a second, as a rotation does.
  const [older, newer] = [textOf(lines.slice(0, 1501)), textOf(lines.slice(1501))];
  const odd = textOf(lines.filter((_, i) => i % 2 === 1));
  const even = textOf(lines.filter((_, i) => i % 2 === 0));
  const cases: Readonly<Record<string, readonly (readonly [string, string | Buffer])[]>> = {
    'newest first': [
      ['access.log', newer],
      ['access.log.1', older],
    ],
    'joined, newest first': [['access.log', newer + older]],
    'joined, newest first, packed': [['access.log.gz', gzipSync(newer + older)]],
    'of two servers, side by side': [
      ['access.log', odd],
      ['access.log.1.gz', gzipSync(even)],
    ],
    'the newest line first': [['access.log', textOf(lines.toReversed())]],
  };
  for (const [situation, files] of Object.entries(cases)) {
    assert.equal((await backfill(t, files)) === whole, true, situation);
  }
});

test('LATENESS is a rule for live logs: a line from a year ago counts in a finished file', async (t) => {
  const [old = '', ...rest] = madeLines(400, 365);
  const text = await backfill(t, [['access.log', textOf([...rest, old])]]);
  assert.doesNotMatch(text, /late=[1-9]/);
  assert.equal(text, await backfill(t, [['access.log', textOf([old, ...rest])]]));
});

test('a line that cannot be read stays with the line before it', async (t) => {
  const [one = '', two = ''] = [madeLines(2, 2)[0], madeLines(2, 2)[1]];
  const inOrder = await backfill(t, [['access.log', textOf([one, 'odd', two])]]);
  assert.equal(await backfill(t, [['access.log', textOf([two, one, 'odd'])]]), inOrder);
  assert.match(inOrder, /lines=2i,counted=1i,unparsed=1i/);
});

test('lines out of order by seconds, as those of several workers, give the same points', async (t) => {
  const startS = Date.UTC(2024, 10, 3, 12) / 1000;
  const lines = Array.from({ length: 3000 }, (_, i) => {
    const time = new Date(1000 * (startS + Math.floor(i / 5))).toISOString().slice(11, 19);
    const route = `/${noise(1, i) < 0.5 ? 'often' : `r${i % 97}`}/x`;
    return `10.0.0.${i % 200} s.example [03/Nov/2024:${time} +0000] "GET ${route} HTTP/1.1" 200 ${i} "a"`;
  });
  const nearly = lines
    .map((line, i) => ({ line, at: i + 100 * noise(9, i) }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line);
  assert.notDeepEqual(nearly, lines);
  const inOrder = await backfill(t, [['access.log', textOf(lines)]]);
  assert.match(inOrder, /route=other/);
  assert.equal((await backfill(t, [['access.log', textOf(nearly)]])) === inOrder, true);
  assert.equal(
    (await backfill(t, [['access.log.gz', gzipSync(textOf(nearly))]])) === inOrder,
    true,
  );
});
