import assert from 'node:assert/strict';
import { linkSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { logNameOf } from '../../../../src/source/disk/rotated-name.ts';
import { FollowedLog, lines, openFilesIn, pathSetting } from '../../../support/followed-log.ts';

/** A folder with files, and a source that follows the patterns; DIR stands for the folder. */
function globbed(t: TestContext, ...patterns: string[]) {
  const base = new FollowedLog(t);
  const paths = patterns.map((one) => pathSetting(one.replace('DIR', base.folder)));
  const log = new FollowedLog(t, { paths });
  return { base, log };
}

test('rotated files of a match are no logs of their own', async (t) => {
  const { base, log } = globbed(t, 'DIR/*');
  for (const name of [
    'access.log',
    'access.log.1',
    'access.log.2.gz',
    'access.log-20261122',
    'access.log-20261121.gz',
    'access-20261120.log',
    'access.3.log',
    'access.log.bz2',
    'site.log',
  ]) {
    base.append(lines(name, 0, 1), base.at(name));
  }
  await log.start();
  const names = log.source.status().map((one) => one.log);
  assert.deepEqual(names.toSorted(), ['access', 'site']);
});

test('a rotated file is none even while its log is missing', async (t) => {
  const { base, log } = globbed(t, 'DIR/*.log*');
  base.append(lines('a', 0, 1), base.at('access.log.1'));
  await log.start();
  assert.deepEqual(log.source.status(), []);
});

test('a log that nginx itself names by the date is a log', async (t) => {
  const { base, log } = globbed(t, 'DIR/access-*.log');
  base.append(lines('a', 0, 1), base.at('access-2026-11-21.log'));
  base.append(lines('b', 0, 1), base.at('access-2026-11-22.log'));
  await log.start();
  assert.deepEqual((await log.read()).toSorted(), [...lines('a', 0, 1), ...lines('b', 0, 1)]);
});

test('a new match is found at the next poll and read from its beginning', async (t) => {
  const { base, log } = globbed(t, 'DIR/**/*.log');
  await log.start();
  assert.deepEqual(await log.read(), []);
  mkdirSync(base.at('sites'));
  base.append(lines('a', 0, 2), base.at('sites/new.log'));
  await log.clock.advance(1000);
  assert.deepEqual(await log.read(), lines('a', 0, 2));
  await log.restart();
  assert.deepEqual(await log.read(), []);
});

test('a match that is rotated away for the moment of a restart is not read twice', async (t) => {
  const { base, log } = globbed(t, 'DIR/*.log');
  base.append(lines('a', 0, 2), base.at('site.log'));
  await log.start();
  await log.read();
  await log.restart(() => base.rename('site.log', 'site.log.1'));
  assert.deepEqual(await log.read(), []);
  base.append(lines('a', 2, 1), base.at('site.log.1'));
  base.append(lines('b', 0, 1), base.at('site.log'));
  await log.clock.advance(1000);
  const read = await log.readAndDrain();
  assert.deepEqual(read.toSorted(), [...lines('a', 2, 1), ...lines('b', 0, 1)]);
});

test('a name in the setting, otherwise the base name', async (t) => {
  const { base, log } = globbed(t, 'shop=DIR/a.log', 'DIR/b.log', 'site=DIR/s/*.log');
  mkdirSync(base.at('s'));
  base.append('', base.at('s/x.log'));
  await log.start();
  assert.deepEqual(
    log.source.status().map((one) => one.log),
    ['shop', 'b', 'site'],
  );
});

test('the name of a log, from the name of any of its files', () => {
  for (const name of [
    'access.log',
    'access.log.1',
    'access.log.12.gz',
    'access.log-20261122',
    'access.log-20261122.gz',
    'access.log-2026112213.gz',
    'access.log-20261122-1763769600',
    'access.log.2026-11-22',
    'access-20261122.log',
    'access-20261122.log.gz',
    'access.2.log.gz',
    'access.log.old',
    'access.log.gz',
    'access',
  ]) {
    assert.equal(logNameOf(name), 'access', name);
  }
  assert.equal(logNameOf('example.com.log'), 'example.com');
  assert.equal(logNameOf('example.com-access.log.3'), 'example.com-access');
  assert.equal(logNameOf('.log'), '.log');
});

test('logs get fair turns, one batch each', async (t) => {
  const { base, log } = globbed(t, 'DIR/*.log');
  base.append(lines('a', 0, 500), base.at('a.log'));
  base.append(lines('b', 0, 500), base.at('b.log'));
  await log.start();
  await log.read();
  const names = log.batches.map((batch) => batch.log);
  assert.deepEqual(names.slice(0, 6), ['a', 'b', 'a', 'b', 'a', 'b']);
});

test('a link to another followed log is not followed; neither is a second name of one file', async (t) => {
  const { base, log } = globbed(t, 'DIR/*.log');
  base.append(lines('a', 0, 2), base.at('access.log'));
  symlinkSync('access.log', base.at('latest.log'));
  linkSync(base.at('access.log'), base.at('second.log'));
  await log.start();
  assert.deepEqual(await log.read(), lines('a', 0, 2));
  assert.deepEqual(log.codes, ['log-is-double']);
});

test('a log renamed to another name goes on under it', async (t) => {
  const { base, log } = globbed(t, 'DIR/*.log');
  base.append(lines('a', 0, 2), base.at('old.log'));
  await log.start();
  await log.read();
  base.rename('old.log', 'new.log');
  base.append(lines('a', 2, 2), base.at('new.log'));
  await log.clock.advance(1000);
  assert.deepEqual(await log.readAndDrain(), lines('a', 2, 2));
  assert.equal(log.batches.at(-1)?.log, 'new');
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
});

test('two logs with one name: that is said', async (t) => {
  const { base, log } = globbed(t, 'DIR/a/access.log', 'DIR/b/access.log');
  for (const folder of ['a', 'b']) {
    mkdirSync(base.at(folder));
    base.append(lines(folder, 0, 1), base.at(`${folder}/access.log`));
  }
  await log.start();
  assert.deepEqual(await log.read(), [...lines('a', 0, 1), ...lines('b', 0, 1)]);
  assert.deepEqual(log.codes, ['log-name-shared']);
});

test('a [ in a path that is no glob is a letter', async (t) => {
  const base = new FollowedLog(t);
  const path = base.at('a[1].log');
  base.append(lines('a', 0, 2), path);
  base.append(lines('b', 0, 2), base.at('a1.log'));
  const log = new FollowedLog(t, { paths: [{ path, name: 'shop', isGlob: false }] });
  await log.start();
  assert.deepEqual(await log.read(), lines('a', 0, 2));
});

test('more logs than may stay open: all are read, over a rotation, and it is said once', async (t) => {
  const base = new FollowedLog(t);
  const paths = [pathSetting(base.at('*.log'))];
  const log = new FollowedLog(t, { paths, descriptorLimit: 64, readFrom: 'all' });
  const names = Array.from({ length: 20 }, (_, i) => `site${i}`);
  for (const name of names) base.append(lines(name, 0, 2), base.at(`${name}.log`));
  await log.start();
  const first = names.flatMap((name) => lines(name, 0, 2));
  assert.deepEqual((await log.read()).toSorted(), first.toSorted());
  assert.ok(openFilesIn(base.folder).length <= 8, openFilesIn(base.folder).join());
  assert.ok(log.codes.includes('descriptors-few'));
  for (const name of names) {
    base.append(lines(name, 2, 1), base.at(`${name}.log`));
    base.rename(`${name}.log`, `${name}.log.1`);
    base.append(lines(name, 3, 1), base.at(`${name}.log`));
  }
  const rest = names.flatMap((name) => lines(name, 2, 2));
  assert.deepEqual((await log.readAndDrain()).toSorted(), rest.toSorted());
  assert.ok(log.source.status().every((one) => one.caughtUp));
});

test('more logs than MAX_LOGS: what fits is read, and what is left out is said and is no readiness', async (t) => {
  const base = new FollowedLog(t);
  const log = new FollowedLog(t, { paths: [pathSetting(base.at('*.log'))], logsMax: 2 });
  for (const name of ['a', 'b', 'c', 'd']) base.append(lines(name, 0, 1), base.at(`${name}.log`));
  await log.start();
  assert.deepEqual((await log.read()).toSorted(), [...lines('a', 0, 1), ...lines('b', 0, 1)]);
  const [trouble] = log.source.folders?.() ?? [];
  assert.equal(trouble?.folder, base.at('c.log'));
  assert.match(
    trouble?.trouble ?? '',
    /and 1 more are not followed: .* more than 2 files\. Raise MAX_LOGS/,
  );
  rmSync(base.at('c.log'));
  rmSync(base.at('d.log'));
  await log.clock.advance(60_000);
  await log.read();
  assert.deepEqual(log.source.folders?.(), []);
});
