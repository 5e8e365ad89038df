/** A name is only a hint where to look: whatever rotated files are called, every line comes once. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { FollowedLog, lines, pathSetting } from '../../../support/followed-log.ts';
import { LogModel, NAME_STYLES } from '../../../support/log-model.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

for (const style of NAME_STYLES) {
  test(`forty rotations, twice a second, with restarts between: ${style}`, async (t) => {
    const model = new LogModel(temporaryFolder(t, 'names-'), style);
    const paths = [pathSetting(model.path)];
    const follow = new FollowedLog(t, { paths, readFrom: 'all' });
    const read: string[] = [];
    model.append(3, false);
    await follow.start();
    for (let rotation = 1; rotation <= 40; rotation += 1) {
      if (rotation % 3 !== 0) read.push(...(await follow.read()));
      model.append(20, false);
      model.rename(false);
      model.append(2, false);
      await follow.clock.advance(rotation % 10 === 0 ? 6000 : 500);
      if (rotation % 7 === 0) await follow.restart();
    }
    read.push(...(await follow.readAndDrain()));
    assert.deepEqual(read.toSorted(), model.existing().toSorted());
    await follow.restart();
    assert.deepEqual(await follow.readAndDrain(), []);
  });
}

test('files that count up are in order at the first start, too', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  for (const number of [1, 2, 3]) {
    log.append(lines(`n${number}-`, 0, 30), log.at(`access.log.000${number}`));
  }
  log.append(lines('live', 0, 2));
  await log.start();
  const written = ['n1-', 'n2-', 'n3-'].flatMap((name) => lines(name, 0, 30));
  assert.deepEqual(await log.read(), [...written, ...lines('live', 0, 2)]);
});

test('a log whose name begins with the name of another is no rotated file of it', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  const timed = (name: string, hour: string) =>
    lines(name, 0, 3).map((line) => line.replace('21:00:00', hour));
  appendFileSync(log.at('access.log.json'), `${timed('j', '21:00:02').join('\n')}\n`);
  log.append(timed('a', '21:00:01'));
  await log.start();
  assert.deepEqual(await log.read(), timed('a', '21:00:01'));
  // Both are rotated at one moment.
  log.rename('access.log', 'access.log.1');
  log.rename('access.log.json', 'access.log.json.1');
  appendFileSync(log.at('access.log.json'), `${timed('k', '21:00:04').join('\n')}\n`);
  log.append(timed('b', '21:00:03'));
  assert.deepEqual(await log.readAndDrain(), timed('b', '21:00:03'));
});
