import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { readIgnoreRules } from '../../../src/request/ignore-rules.ts';
import { firstMatch, readPathRule, RuleError } from '../../../src/request/route/path-rule.ts';
import { RequestPath } from '../../../src/request/request-path.ts';

function fits(pattern: string, target: string): boolean {
  const path = new RequestPath();
  const bytes = new TextEncoder().encode(target);
  path.read(bytes, 0, bytes.length);
  return firstMatch([readPathRule(pattern)], path) === 0;
}

test('a pattern that is none is refused with its text and an example', () => {
  for (const [pattern, reason] of [
    ['api', /"api" does not begin with a slash/],
    ['', /does not begin/],
    ['/a?b', /query/],
    ['/a b', /space/],
    ['/a\\b', /backslash/],
    ['/a/:', /name :/],
    ['/a/:x-y', /name :x-y/],
    [`/${'x'.repeat(200)}`, /over 200 bytes/],
    ['/a'.repeat(13), /more than 12 segments/],
  ] as const) {
    assert.throws(
      () => readPathRule(pattern),
      (error) =>
        error instanceof RuleError && reason.test(error.message) && /\/api\/\*/.test(error.message),
    );
  }
});

test('a star in a segment stands for any letters, as in a regular expression', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 });
  const stars = fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(letters, stars, (target, pattern) => {
      const glob = pattern.join('');
      const expected = new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(target.join(''));
      assert.equal(fits(`/x/${glob}/y`, `/x/${target.join('')}/y`), expected);
    }),
  );
});

test('a closed pattern does not fit a path that goes on', () => {
  assert.ok(fits('/a/:b', '/a/b'));
  assert.ok(fits('/a/:b', '/a/b/'));
  assert.ok(!fits('/a/:b', '/a'));
  assert.ok(!fits('/a/:b', '/a/b/c'));
  assert.ok(!fits('/a/:b', `/a/${'b'.repeat(300)}`));
  assert.ok(fits('/a/*', `/a/${'b'.repeat(300)}`));
  assert.ok(fits('/*', '/'));
  assert.ok(fits('/', '/'));
  assert.ok(!fits('/', '/a'));
  assert.ok(!fits('/*', 'example.com:443'));
});

test('ignore rules by path, agent and status', () => {
  const rules = readIgnoreRules([
    '/healthz',
    'path:/live/*',
    'agent:kube-Probe',
    'status:204',
    'status:3xx',
  ]);
  assert.deepEqual(
    rules.paths.map(({ text }) => text),
    ['/healthz', '/live/*'],
  );
  assert.deepEqual(rules.agents, ['kube-probe']);
  const ignored = [...rules.statuses.entries()].filter(([, is]) => is === 1).map(([at]) => at);
  assert.deepEqual(ignored, [204, ...Array.from({ length: 100 }, (_, i) => 300 + i)]);
});

test('an invalid ignore rule is refused with its text', () => {
  for (const text of [
    '',
    'healthz',
    'agent:',
    'status:',
    'status:42',
    'status:2x',
    'status:099',
    'status:6xx',
    'status:9xx',
    'path:x',
  ]) {
    assert.throws(() => readIgnoreRules(['/fine', text]), RuleError, text);
  }
});
