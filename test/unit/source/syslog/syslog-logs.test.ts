import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LOGS_MAX,
  SyslogLogs,
  type SyslogLogsOptions,
} from '../../../../src/source/syslog/logs.ts';

class Named {
  readonly folded: string[] = [];
  readonly logs: SyslogLogs;

  constructor(options: Partial<SyslogLogsOptions> = {}) {
    this.logs = new SyslogLogs({
      tags: {},
      log: undefined,
      known: [],
      isTaken: () => false,
      onOther: (tag, reason) => this.folded.push(`${tag} ${reason}`),
      ...options,
    });
  }

  of(tag: string): string | undefined {
    const bytes = Buffer.from(`<${tag}>`);
    return this.logs.names[this.logs.indexOf(bytes, 1, bytes.length - 1)];
  }
}

test('a tag is a log of its own name', () => {
  const named = new Named();
  assert.deepEqual(
    ['shop', 'blog', 'shop', 'sho'].map((tag) => named.of(tag)),
    ['shop', 'blog', 'shop', 'sho'],
  );
  assert.deepEqual(named.logs.received, ['shop', 'blog', 'sho']);
});

test('tags have the names they were given, several of them one; the others their own', () => {
  const named = new Named({ tags: { tag1: 'shop', tag2: 'shop' } });
  assert.deepEqual(named.logs.names, ['shop'], 'known before the first message');
  assert.deepEqual(
    ['tag1', 'tag2', 'tag3'].map((tag) => named.of(tag)),
    ['shop', 'shop', 'tag3'],
  );
});

test('with a name for the rest, no tag makes a log', () => {
  const named = new Named({ tags: { tag1: 'shop' }, log: 'rest' });
  for (let n = 0; n < 1000; n += 1) assert.equal(named.of(`t${n}`), 'rest');
  assert.equal(named.of('tag1'), 'shop');
  assert.deepEqual(named.logs.names, ['shop', 'rest']);
  assert.deepEqual(named.logs.received, []);
});

test('however many tags come, also over restarts, there are no more logs than the bound', () => {
  let known: readonly string[] = [];
  for (let start = 0; start < 3; start += 1) {
    const named = new Named({ known });
    for (let n = 0; n < 1000; n += 1) named.of(`start${start}tag${n}`);
    known = named.logs.received;
    assert.equal(known.length, LOGS_MAX);
    assert.equal(new Set(named.logs.names).size, LOGS_MAX);
    assert.equal(named.of('one more'), 'other');
    assert.equal(named.folded.length, 1, 'it is said once');
    assert.equal(named.of('start0tag7'), 'start0tag7', 'known ones stay');
  }
});

test('a tag cannot claim the name of a log that something else feeds', () => {
  const named = new Named({ isTaken: (log) => log === 'access' });
  assert.equal(named.of('access'), 'other');
  assert.equal(named.of('-x'), 'other');
  assert.equal(named.of('access'), 'other');
  assert.deepEqual(named.folded, ['access taken', '-x taken']);
  assert.deepEqual(named.logs.names, ['other']);
});
