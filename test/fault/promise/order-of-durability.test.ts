import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { PromiseRig } from './promise-rig.ts';

/**
 * What a power loss could take at each moment: bytes and names that were not synced. At the rename of a
 * checkpoint nothing of the spool or of the checkpoint itself may be among them, at a send no rename.
 */
test('segments are on disk before the checkpoint, and the checkpoint before anything is sent', async (t) => {
  const trace = join(temporaryFolder(t), 'trace');
  const rig = await PromiseRig.start(t, { env: { TRACE_FILE: trace } });
  rig.log.write(200);
  await rig.victim.start();
  await rig.delivered();
  rig.log.write(200);
  await rig.assertExact();
  const dirtyFiles = new Set<string>();
  const knownNames = new Set<string>();
  const dirtyFolders = new Set<string>();
  const seen = { renames: 0, sends: 0, segments: 0 };
  for (const line of readFileSync(trace, 'utf8').trimEnd().split('\n')) {
    const [event, path = '', to = ''] = line.split(' ');
    if (event === 'write') {
      dirtyFiles.add(path);
      if (!knownNames.has(path)) dirtyFolders.add(dirname(path));
      knownNames.add(path);
      if (path.endsWith('.seg')) seen.segments += 1;
    } else if (event === 'sync') {
      dirtyFiles.delete(path);
      dirtyFolders.delete(path);
    } else if (event === 'rename' && basename(to) === 'checkpoint') {
      seen.renames += 1;
      assert.deepEqual([...dirtyFiles], [], 'bytes that the checkpoint counts on are not on disk');
      const spool = [...dirtyFolders].filter((folder) => basename(folder) === 'spool');
      assert.deepEqual(spool, [], 'the name of a segment is not on disk');
      knownNames.delete(path);
      dirtyFolders.add(dirname(to));
    } else if (event === 'send') {
      seen.sends += 1;
      assert.deepEqual([...dirtyFolders], [], 'points are sent before their checkpoint is on disk');
    }
  }
  assert.ok(seen.renames >= 3 && seen.sends >= 2 && seen.segments >= 2, JSON.stringify(seen));
});
