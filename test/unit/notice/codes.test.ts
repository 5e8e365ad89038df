import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  endsOf,
  levelOf,
  type NoticeCode,
  type NoticeKind,
  NOTICES,
} from '../../../src/notice/codes.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { PROJECT_ROOT } from '../../support/project.ts';

const KINDS: Readonly<Record<string, NoticeKind>> = NOTICES;

test('a code that is not in the table is a type error', () => {
  // @ts-expect-error the union is closed
  const code: NoticeCode = 'log-mising';
  // @ts-expect-error the level is the table's to say
  const notice: Notice = { code: 'log-missing', level: 'error', message: '' };
  assert.ok(!(code in NOTICES) && notice.code in NOTICES);
});

test('a notice ends conditions of the table, and is not one itself', () => {
  for (const [code, { ends = [] }] of Object.entries(KINDS)) {
    for (const ended of ends) {
      assert.ok(ended in KINDS, `${code} ends ${ended}, which is no notice`);
      assert.notEqual(KINDS[ended]?.level, 'info', `${code} ends ${ended}, which is no condition`);
    }
  }
  assert.deepEqual(endsOf({ code: 'state-writable' }), ['state-unwritable']);
  assert.equal(levelOf({ code: 'state-unwritable' }), 'error');
});

test('every error says what to do', () => {
  for (const [code, { level, meaning, remedy }] of Object.entries(KINDS)) {
    assert.match(meaning, /^\S.*\.$/, code);
    if (level === 'error') assert.match(remedy, /^\S.*\.$/, code);
  }
});

test('every code of the table is given somewhere', () => {
  const folder = join(PROJECT_ROOT, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = files
    .filter((file) => file.endsWith('.ts') && !file.startsWith('notice/'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const unused = Object.keys(KINDS).filter((code) => !sources.includes(`'${code}'`));
  assert.deepEqual(unused, []);
});
