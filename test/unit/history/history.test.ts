import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { History } from '../../../src/history/history.ts';
import { readHistory } from '../../../src/history/read-history.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { pointGroups } from '../../../src/points/points.ts';
import type { SealedDimensions } from '../../../src/aggregate/dimension/sealed-dimensions.ts';
import { FakeClock } from '../../support/clock.ts';
import { sealedWindow, siteTotals } from '../../support/sealed-window.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const TAGS = { host: 'web-1', extra: {} };
const DAY_S = 86_400;
const COARSE_BINS = 18;

class Rig {
  readonly clock = new FakeClock();
  readonly notices: Notice[] = [];
  readonly path: string;
  history!: History;
  readonly #maxBytes: number;

  constructor(t: TestContext, maxBytes = 64 * 1024 * 1024) {
    this.path = join(temporaryFolder(t), 'history.db');
    this.#maxBytes = maxBytes;
    t.after(() => this.history.close());
  }

  get nowS(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  get codes(): string[] {
    return this.notices.map(({ code }) => code);
  }

  async open(): Promise<this> {
    this.history = await History.open({
      path: this.path,
      keepMs: 7 * DAY_S * 1000,
      maxBytes: this.#maxBytes,
      latenessS: 300,
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
    });
    return this;
  }

  putWindow(startS: number, count: number, errors = 0, site = 'a'): void {
    const window = sealedWindow(startS, [siteTotals(site, count, errors, 40)]);
    this.history.put(pointGroups([window], [], TAGS));
  }

  putDimensions(startS: number, routes: readonly string[], keys: readonly string[] = []): void {
    this.history.put(pointGroups([], [dimensionsOf(startS, routes, keys)], TAGS));
  }

  requests(fromS: number, untilS: number): number {
    return this.history.summary({ fromS, untilS }, {}, 10)?.totals.requests ?? -1;
  }
}

function dimensionsOf(
  startS: number,
  routes: readonly string[],
  keys: readonly string[],
): SealedDimensions {
  const bins = new Array<number>(COARSE_BINS).fill(0);
  bins[3] = 5;
  const latency = { count: 5, sumMs: 40, maxMs: 8, bins };
  const figures = { count: 5, traffic: 500, errors: 1 };
  return {
    log: 'access',
    startS,
    routes: routes.map((route) => ({
      site: 'a',
      route,
      ...figures,
      classes: [4, 0, 1, 0],
      latency,
    })),
    upstreams: [],
    properties: [{ site: 'a', dim: 'status', value: '200', ...figures }],
    tops: keys.map((key, i) => ({
      site: 'a',
      dim: 'url',
      rank: i + 1,
      key,
      countError: 0,
      ...figures,
    })),
    uniques: [],
  };
}

const floorTo = (value: number, step: number) => Math.floor(value / step) * step;

test('a window that is put again replaces itself, and other windows stay', async (t) => {
  const rig = await new Rig(t).open();
  const startS = floorTo(rig.nowS, 60) - 60;
  rig.putWindow(startS, 5);
  rig.putWindow(startS + 10, 7, 2);
  rig.history.commit();
  rig.putWindow(startS, 6);
  rig.history.commit();
  const summary = rig.history.summary({ fromS: startS, untilS: startS + 120 }, {}, 10);
  assert.equal(summary?.totals.requests, 13);
  assert.deepEqual(summary?.totals.classes, [0, 11, 0, 0, 2]);
  assert.equal(summary?.totals.latency?.count, 13);
  assert.deepEqual(summary?.totals.peak, { atS: startS, stepS: 60, perSecond: 13 / 60 });
  assert.equal(summary?.totals.lines.counted, 13);
  assert.deepEqual(summary?.origin, { kind: 'history', names: ['access'] });
});

test('what was put and not committed is gone after a crash, the rest is there', async (t) => {
  const rig = await new Rig(t).open();
  const startS = floorTo(rig.nowS, 60) - 60;
  rig.putWindow(startS, 5);
  rig.history.commit();
  rig.putWindow(startS + 10, 7);
  // A second process sees what a crash would leave.
  const other = new DatabaseSync(rig.path, { readOnly: true });
  t.after(() => other.close());
  const seen = other.prepare('SELECT SUM("count") AS n FROM access_log').get();
  assert.equal(seen?.['n'], 5);
});

test('a narrowing to a site leaves the others out', async (t) => {
  const rig = await new Rig(t).open();
  const startS = floorTo(rig.nowS, 60) - 60;
  rig.putWindow(startS, 5, 0, 'a');
  rig.putWindow(startS + 10, 9, 0, 'b');
  rig.history.commit();
  const only = rig.history.summary({ fromS: startS, untilS: startS + 60 }, { site: 'b' }, 10);
  assert.equal(only?.totals.requests, 9);
  assert.equal(
    rig.history.summary({ fromS: startS, untilS: startS + 60 }, { log: 'x' }, 10)?.totals.requests,
    0,
  );
});

test('old windows are put together, and no sum changes', async (t) => {
  const rig = await new Rig(t).open();
  const fromS = floorTo(rig.nowS, 600) - 3 * DAY_S;
  for (let i = 0; i < 360; i++) rig.putWindow(fromS + 10 * i, 1 + (i % 3), i % 2);
  for (let i = 0; i < 60; i++) {
    rig.putDimensions(fromS + 60 * i, [`/r${i % 5}`], [`/u${i % 3}`, `/v${i}`]);
  }
  rig.history.commit();
  const span = { fromS, untilS: fromS + 3600 };
  const after = rig.history.summary(span, {}, 10);
  const rows = new DatabaseSync(rig.path, { readOnly: true });
  t.after(() => rows.close());
  assert.equal(rows.prepare('SELECT COUNT(*) AS n FROM access_log').get()?.['n'], 6);
  assert.equal(after?.totals.requests, 720);
  assert.equal(after?.totals.classes[4], 180);
  assert.equal(after?.totals.latency?.count, 720);
  assert.deepEqual(
    after?.routes.rows.map(({ route, requests }) => [route, requests]),
    [0, 1, 2, 3, 4].map((i) => [`/r${i}`, 60]),
  );
  assert.deepEqual(
    after?.urls.rows.slice(0, 3).map(({ key, requests }) => [key, requests]),
    [0, 1, 2].map((i) => [`/u${i}`, 100]),
  );
  assert.equal(after?.urls.accuracy, 'at-least');
  // Read again after a crash, the same windows come once more, and are there already.
  rig.putWindow(fromS, 1);
  rig.history.commit();
  assert.equal(rig.requests(span.fromS, span.untilS), 720);
});

test('windows beyond HISTORY are forgotten', async (t) => {
  const rig = await new Rig(t).open();
  const oldS = floorTo(rig.nowS, 600) - 8 * DAY_S;
  rig.putWindow(oldS, 5);
  rig.putWindow(floorTo(rig.nowS, 10) - 10, 3);
  rig.history.commit();
  assert.equal(rig.requests(oldS, rig.nowS), 3);
});

test('the file stays within HISTORY_MAX_BYTES, and the newest windows are there', async (t) => {
  const maxBytes = 1024 * 1024;
  const rig = await new Rig(t, maxBytes).open();
  const fromS = floorTo(rig.nowS, 60) - 6 * 3600;
  const routes = Array.from({ length: 50 }, (_, i) => `/a/long/route/number/${i}/of/many`);
  for (let i = 0; i < 300; i++) {
    rig.putDimensions(fromS + 60 * i, routes);
    rig.putWindow(fromS + 60 * i, 1);
    rig.history.commit();
  }
  rig.history.commit();
  const files = readdirSync(join(rig.path, '..')).filter((name) => name === 'history.db');
  assert.ok(files.every((name) => statSync(join(rig.path, '..', name)).size <= maxBytes));
  assert.equal(rig.requests(fromS + 60 * 299, fromS + 60 * 300), 1);
});

test('a file that is no database, or foreign, or of another version is set aside', async (t) => {
  for (const make of [
    (path: string) =>
      writeFileSync(path, 'no database at all, but a text that is long enough'.repeat(100)),
    (path: string) => {
      const foreign = new DatabaseSync(path);
      foreign.exec('CREATE TABLE other (x)');
      foreign.close();
    },
    (path: string) => {
      const newer = new DatabaseSync(path);
      newer.exec(
        `PRAGMA application_id = 1852274797; PRAGMA user_version = 99; CREATE TABLE form (sql)`,
      );
      newer.close();
    },
  ]) {
    const rig = new Rig(t);
    make(rig.path);
    await rig.open();
    assert.deepEqual(rig.codes, ['history-set-aside']);
    rig.putWindow(rig.nowS - 10, 4);
    rig.history.commit();
    assert.equal(rig.requests(rig.nowS - 60, rig.nowS), 4);
    assert.ok(readdirSync(join(rig.path, '..')).includes('history.db.set-aside'));
  }
});

test('where no file can be made the meter goes on, and says so', async (t) => {
  const rig = new Rig(t);
  mkdirSync(rig.path);
  mkdirSync(`${rig.path}.set-aside`);
  writeFileSync(join(`${rig.path}.set-aside`, 'in-the-way'), '');
  await rig.open();
  assert.deepEqual(rig.codes, ['history-set-aside', 'history-unwritable']);
  rig.putWindow(rig.nowS, 4);
  rig.history.commit();
  assert.equal(rig.history.summary({ fromS: 0, untilS: rig.nowS }, {}, 10), undefined);
});

test('a report of the history in another process, and a sentence where there is none', async (t) => {
  const rig = await new Rig(t).open();
  rig.putWindow(floorTo(rig.nowS, 10) - 20, 5);
  rig.history.commit();
  const span = { fromS: rig.nowS - 60, untilS: rig.nowS };
  assert.equal((await readHistory(rig.path, span, {}, 10)).totals.requests, 5);
  await assert.rejects(readHistory(join(rig.path, '..', 'none.db'), span, {}, 10), {
    message:
      /There is no history at .*none\.db \(ENOENT\)\. .*STATE_DIR.*nginx-meter report FILE\./,
  });
});
