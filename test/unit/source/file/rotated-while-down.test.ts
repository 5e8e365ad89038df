import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FollowedLog, lines } from '../../../support/followed-log.ts';
import { levelOf } from '../../../../src/notice/codes.ts';

/** A log of which two lines have been read. */
async function readTwo(t: TestContext): Promise<FollowedLog> {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  return log;
}

test('one generation: read on from the position, then the new file', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    log.append(lines('a', 2, 2));
    log.rename('access.log', 'access.log.1');
    log.append(lines('b', 0, 2));
  });
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 2), ...lines('b', 0, 2)]);
  assert.deepEqual(log.codes, ['file-rotated']);
});

test('five generations, the older ones compressed, with delaycompress', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    log.append(lines('a', 2, 40));
    for (const [index, name] of ['b', 'c', 'd', 'e', 'f'].entries()) {
      for (let number = index; number > 0; number -= 1) {
        const end = number > 1 ? '.gz' : '';
        log.rename(`access.log.${number}${end}`, `access.log.${number + 1}${end}`);
      }
      log.rename('access.log', 'access.log.1');
      if (index > 0) log.gzip('access.log.2');
      log.append(lines(name, 0, 30));
    }
  });
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('a', 2, 40),
    ...['b', 'c', 'd', 'e', 'f'].flatMap((name) => lines(name, 0, 30)),
  ]);
  assert.ok(log.notices.every((notice) => levelOf(notice) === 'info'));
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
});

test('dateext, all compressed', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    log.append(lines('a', 2, 40));
    log.rename('access.log', 'access.log-20261120');
    log.append(lines('b', 0, 30));
    log.rename('access.log', 'access.log-20261121');
    log.append(lines('c', 0, 30));
    log.gzip('access.log-20261120');
    log.gzip('access.log-20261121');
  });
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('a', 2, 40),
    ...lines('b', 0, 30),
    ...lines('c', 0, 30),
  ]);
});

test('a new file with the inode of the old one is a new file', async (t) => {
  let reused = 0;
  for (let attempt = 0; attempt < 20 && reused < 3; attempt += 1) {
    const log = await readTwo(t);
    await log.readAndDrain();
    const { ino } = statSync(log.path);
    await log.restart(() => {
      log.append(lines('a', 2, 40));
      log.rename('access.log', 'access.log.1');
      // Compression frees the inode; the file system may give it to the next file.
      log.gzip('access.log.1');
      log.append(lines('b', 0, 100));
    });
    if (statSync(log.path).ino === ino) reused += 1;
    assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 40), ...lines('b', 0, 100)]);
    assert.deepEqual(log.codes, ['file-rotated']);
    await log.stop();
  }
  t.diagnostic(`the inode was used again ${reused} times`);
});

test('the same, where the new file is longer than the position in the old one', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    const saved = log.at('access.log.1');
    log.append(lines('a', 2, 4));
    copyFileSync(log.path, saved);
    truncateSync(log.path);
    log.append(lines('b', 0, 200));
  });
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 4), ...lines('b', 0, 200)]);
});

test('a file being compressed: the plain one is read, the unfinished .gz is not', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    log.append(lines('a', 2, 40));
    log.rename('access.log', 'access.log.1');
    log.append(lines('b', 0, 1));
    writeFileSync(log.at('access.log.1.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
  });
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 40), ...lines('b', 0, 1)]);
  rmSync(log.at('access.log.1.gz'));
  log.gzip('access.log.1');
  assert.deepEqual(await log.readAndDrain(), []);
});

test('the checkpointed file is gone: that is said, and the newer files are read', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    log.append(lines('a', 2, 2));
    rmSync(log.path);
    log.append(lines('b', 0, 2));
    log.rename('access.log', 'access.log.1');
    log.append(lines('c', 0, 2));
  });
  assert.deepEqual(await log.readAndDrain(), [...lines('b', 0, 2), ...lines('c', 0, 2)]);
  const [notice] = log.notices.filter((one) => levelOf(one) === 'error');
  assert.ok(notice?.code === 'rotated-file-not-found' || notice?.code === 'copy-not-found');
});

test('the volume was moved to another disk: same content, other inodes', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('z', 0, 30), log.at('access.log.1'));
  log.append(lines('a', 0, 30));
  await log.start();
  await log.readAndDrain();
  await log.restart(() => {
    mkdirSync(log.at('moved'));
    for (const name of ['access.log', 'access.log.1']) {
      copyFileSync(log.at(name), log.at(`moved/${name}`));
    }
    for (const name of ['access.log', 'access.log.1']) {
      renameSync(log.at(`moved/${name}`), log.at(name));
    }
    log.append(lines('a', 30, 2));
  });
  assert.deepEqual(await log.readAndDrain(), lines('a', 30, 2));
});

test('a restart in the middle of the drain goes on with both files', async (t) => {
  const log = await readTwo(t);
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.read(), lines('b', 0, 1));
  await log.restart(() => log.append(lines('a', 2, 1), log.at('access.log.1')));
  assert.deepEqual(await log.readAndDrain(), lines('a', 2, 1));
});

test('a foreign file with the name of a rotated one is left alone while nothing rotates', async (t) => {
  const log = await readTwo(t);
  await log.readAndDrain();
  log.append(lines('x', 0, 20), log.at('access.log.1'));
  assert.deepEqual(await log.readAndDrain(), []);
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
});

test('an abandoned copy beside its original: the original is read, once', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    log.append(lines('a', 2, 1));
    log.rename('access.log', 'access.log.1');
    log.append(lines('b', 0, 5));
    log.rename('access.log.1', 'access.log.3');
    copyFileSync(log.path, log.at('access.log.2'));
    log.append(lines('b', 5, 5));
    log.rename('access.log', 'access.log.1');
    log.append(lines('c', 0, 1));
  });
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('a', 2, 1),
    ...lines('b', 0, 10),
    ...lines('c', 0, 1),
  ]);
});

test('no known file is left, and compression has cut the time of the newer one to whole seconds', async (t) => {
  const log = await readTwo(t);
  await log.restart(() => {
    rmSync(log.path);
    log.append(lines('b', 0, 20), log.at('access.log.1'));
    log.gzip('access.log.1');
    const seconds = Math.floor(statSync(log.at('access.log.1.gz')).mtimeMs / 1000);
    utimesSync(log.at('access.log.1.gz'), seconds, seconds);
  });
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 20));
});

test('the compressed copy has got the inode of the deleted file: the plain copy is read on at once', async (t) => {
  const log = await readTwo(t);
  const saved = log.checkpoint();
  await log.stop();
  log.append(lines('a', 2, 40));
  copyFileSync(log.path, log.at('access.log.1'));
  rmSync(log.path);
  const compressed = gzipSync(readFileSync(log.at('access.log.1')));
  writeFileSync(log.at('access.log.1.gz'), compressed.subarray(0, compressed.length * 0.9));
  // Chance does this now and then.
  const inode = String(statSync(log.at('access.log.1.gz')).ino);
  const logs = saved.logs.map((one) => ({
    ...one,
    generations: one.generations.map((generation) => ({ ...generation, inode })),
  }));
  await log.start({ ...saved, logs });
  assert.deepEqual(await log.read(), lines('a', 2, 40));
});
