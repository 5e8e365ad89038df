import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escaped } from '../../../src/summary/html.ts';

test('markup, quotes, control and direction marks become text', () => {
  assert.equal(escaped(`<b a="1" c='2'>&`), '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;');
  assert.equal(escaped('a\u0000\u001b[2J\u202eb'), 'a\\u0000\\u001b[2J\\u202eb');
});
