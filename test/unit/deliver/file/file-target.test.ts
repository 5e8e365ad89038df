import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DeadLetterFile } from '../../../../src/deliver/dead-letter.ts';
import { FileTarget, type TextOutput } from '../../../../src/deliver/file/file-target.ts';
import { MemoryQueue } from '../../../../src/deliver/memory-queue.ts';
import { Writer } from '../../../../src/deliver/writer.ts';
import type { PointGroup } from '../../../../src/points/point-sink.ts';
import { FakeClock } from '../../../support/clock.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

class Paper implements TextOutput {
  text = '';

  write(text: Uint8Array, whenTaken: (error?: Error | null) => void): void {
    this.text += Buffer.from(text).toString();
    whenTaken();
  }
}

function pointAt(timeS: number, site: string): PointGroup {
  return (into) => {
    into.beginPoint('access_log', { site });
    into.integer('count', 1);
    into.endPoint(timeS);
  };
}

test('the writer delivers to a file as it does to a database', async (t) => {
  const paper = new Paper();
  const clock = new FakeClock();
  const target = new FileTarget(paper, 'paper');
  const queue = new MemoryQueue(clock);
  const deadLetter = new DeadLetterFile({
    stateDir: temporaryFolder(t),
    clock,
    notify: () => assert.fail('nothing is to be told'),
  });
  const writer = new Writer({
    target,
    spool: queue,
    deadLetter,
    clock,
    notify: () => assert.fail('nothing is to be told'),
    random: () => 0.5,
  });
  const done = new AbortController();
  const running = writer.run(done.signal);
  for (const batch of target.encode([pointAt(20, 'b'), pointAt(20, 'a'), pointAt(10, 'c')]))
    await queue.append(batch, done.signal);
  for (const batch of target.encode([pointAt(30, 'd')])) await queue.append(batch, done.signal);
  await queue.whenDrained(done.signal);
  done.abort();
  await running;
  assert.equal(
    paper.text,
    'access_log,site=c count=1i 10\naccess_log,site=a count=1i 20\n' +
      'access_log,site=b count=1i 20\naccess_log,site=d count=1i 30\n',
  );
  assert.equal(writer.counters.points, 4);
});

test('an output that fails keeps the points', async () => {
  const broken: TextOutput = {
    write: (_text, whenTaken) => whenTaken(new Error('no space left')),
  };
  const outcome = await new FileTarget(broken, 'paper').send(gzipSync('m v=1i 1\n'));
  assert.deepEqual(outcome, { kind: 'retry', reason: 'no space left' });
});
