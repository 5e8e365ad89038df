import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/config/secret.ts';
import { PageAccess, type PageAccessOptions, type Visit } from '../../../src/status/page-access.ts';

function access(changes: Partial<PageAccessOptions> = {}): PageAccess {
  return new PageAccess({
    mode: 'loopback',
    password: undefined,
    names: ['web-1'],
    monotonicMs: () => 0,
    ...changes,
  });
}

function visit(changes: Partial<Visit> = {}): Visit {
  return {
    peer: '127.0.0.1',
    host: '127.0.0.1:9145',
    authorization: undefined,
    isForwarded: false,
    ...changes,
  };
}

const basic = (password: string): string =>
  `Basic ${Buffer.from(`any:${password}`).toString('base64')}`;

test('this machine is welcome, in either family of addresses', () => {
  for (const peer of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(access().refusal(visit({ peer })), undefined, peer);
  }
});

test('whoever comes from elsewhere, or by a proxy, is told how to be let in', () => {
  for (const changes of [
    { peer: '192.0.2.7' },
    { peer: '::ffff:192.0.2.7' },
    { peer: '2001:db8::1' },
    { peer: undefined },
    { isForwarded: true },
  ]) {
    const refusal = access().refusal(visit(changes));
    assert.equal(refusal?.status, 403, JSON.stringify(changes));
    assert.match(refusal.text, /PAGE_PASSWORD .* PAGE=open .* port-forward/);
  }
});

test('with PAGE=open everybody is welcome under a name of the meter', () => {
  const open = access({ mode: 'open' });
  assert.equal(open.refusal(visit({ peer: '192.0.2.7' })), undefined);
  assert.equal(open.refusal(visit({ peer: '192.0.2.7', host: 'evil.example' }))?.status, 421);
});

test('names that are not the meter’s own are refused, addresses and its names are not', () => {
  for (const host of ['localhost', 'LOCALHOST:9145', '[::1]:9145', '10.1.2.3', 'Web-1:9145']) {
    assert.equal(access().refusal(visit({ host })), undefined, host);
  }
  for (const host of [
    'evil.example',
    'localhost.evil.example:9145',
    '',
    undefined,
    '127.0.0.1@x',
  ]) {
    const refusal = access().refusal(visit({ host }));
    assert.equal(refusal?.status, 421, host);
    assert.match(refusal.text, /PAGE_HOSTS/);
  }
});

test('with a password everybody must give it, this machine included', () => {
  const locked = access({ password: new Secret('pass:wörd') });
  const asked = locked.refusal(visit());
  assert.equal(asked?.status, 401);
  assert.match(asked.headers['WWW-Authenticate'] ?? '', /^Basic realm=/);
  const authorization = basic('pass:wörd');
  assert.equal(locked.refusal(visit({ authorization })), undefined);
  assert.equal(locked.refusal(visit({ authorization, peer: '192.0.2.7' })), undefined);
  for (const wrong of [basic(''), basic('pass'), 'Basic !', 'Bearer pass:wörd', 'Basic YQ==']) {
    assert.equal(locked.refusal(visit({ authorization: wrong }))?.status, 401, wrong);
  }
});

test('after five wrong passwords an address waits, longer each time, while others do not', () => {
  let nowMs = 0;
  const locked = access({ password: new Secret('right'), monotonicMs: () => nowMs });
  const attempt = (password: string, peer = '192.0.2.7') =>
    locked.refusal(visit({ peer, authorization: basic(password) }));
  for (let i = 0; i < 5; i++) assert.equal(attempt('wrong')?.status, 401);
  const paused = attempt('right');
  assert.equal(paused?.status, 429);
  assert.equal(paused.headers['Retry-After'], '1');
  assert.equal(attempt('right', '192.0.2.8'), undefined);
  nowMs = 1000;
  assert.equal(attempt('wrong')?.status, 401);
  nowMs = 2500;
  assert.equal(attempt('right')?.status, 429);
  nowMs = 3000;
  assert.equal(attempt('right'), undefined);
  assert.equal(attempt('wrong')?.status, 401);
  assert.equal(attempt('right'), undefined);
});

test('the pause ends at a minute', () => {
  let nowMs = 0;
  const locked = access({ password: new Secret('right'), monotonicMs: () => nowMs });
  for (let i = 0; i < 40; i++) {
    locked.refusal(visit({ authorization: basic('wrong') }));
    nowMs += 60_000;
  }
  assert.equal(locked.refusal(visit({ authorization: basic('right') })), undefined);
});
