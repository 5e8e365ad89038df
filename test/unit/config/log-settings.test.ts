import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';

function logsOf(text: string) {
  return loadConfig({ LOG_PATHS: text }).logs;
}

test('standard input has the name stdin, or its own', () => {
  assert.deepEqual(logsOf('-'), [{ kind: 'stdin', name: 'stdin', path: '-' }]);
  assert.deepEqual(logsOf('pod=-'), [{ kind: 'stdin', name: 'pod', path: '-' }]);
});

test('a syslog address may say that it is UDP', () => {
  const syslog = { kind: 'syslog', name: undefined, host: '0.0.0.0', port: 5514, tags: {} };
  assert.deepEqual(logsOf('syslog://0.0.0.0:5514'), [{ ...syslog, path: 'syslog://0.0.0.0:5514' }]);
  const both = logsOf('shop=syslog+udp://[::1]:514/,SYSLOG+UDP://localhost:1514');
  assert.deepEqual(
    both.map((log) => log.kind === 'syslog' && [log.name, log.host, log.port]),
    [
      ['shop', '::1', 514],
      [undefined, 'localhost', 1514],
    ],
  );
});

test('tags get the names of logs; several tags may feed one', () => {
  const [log] = logsOf('rest=syslog://127.0.0.1:5514?shop=tag1&shop=tag_2&blog=tag3');
  assert.ok(log?.kind === 'syslog');
  assert.equal(log.name, 'rest');
  assert.deepEqual(log.tags, { tag1: 'shop', tag_2: 'shop', tag3: 'blog' });
});

test('files, standard input and syslog stand side by side', () => {
  const logs = logsOf('/x/*.log,-,syslog://127.0.0.1:5514,syslog+udp://127.0.0.2:5514');
  assert.deepEqual(
    logs.map((log) => log.kind),
    ['file', 'stdin', 'syslog', 'syslog'],
  );
});

const faults: ReadonlyArray<readonly [text: string, problem: RegExp, hint: RegExp | undefined]> = [
  ['syslog://0.0.0.0', /has no port/, /^syslog:\/\/0\.0\.0\.0:5514$/],
  ['syslog://[::]', /has no port/, /^syslog:\/\/\[::\]:5514$/],
  ['syslog+udp://0.0.0.0:', /has no port/, /^syslog\+udp:\/\/0\.0\.0\.0:5514$/],
  ['syslog://:5514', /no address to listen at/, /0\.0\.0\.0:5514/],
  ['syslog://0.0.0.0:0', /port is not from 1 to 65535/, /:5514$/],
  ['syslog://0.0.0.0:65536', /port is not from 1 to 65535/, /:5514$/],
  ['syslog://0.0.0.0:5514/shop', /no address with a port/, /0\.0\.0\.0:5514/],
  ['syslog://::1:5514', /no address with a port/, /0\.0\.0\.0:5514/],
  ['tcp://0.0.0.0:5514', /scheme is neither syslog/, /^syslog:\/\/0\.0\.0\.0:5514$/],
  ['syslog+tcp://0.0.0.0:5514', /syslog over UDP only/, /^syslog:\/\/0\.0\.0\.0:5514$/],
  ['syslog+tls://0.0.0.0:6514', /scheme is neither syslog/, /^syslog:\/\/0\.0\.0\.0:6514$/],
  ['file:///logs/access.log', /scheme is neither syslog/, /^\/logs\/access\.log$/],
  ['syslog://0.0.0.0:5514?shop', /"shop" is no name of a log with a tag/, /shop=tag1/],
  ['syslog://0.0.0.0:5514?shop=a b', /is no name of a log with a tag/, /shop=tag1/],
  ['syslog://0.0.0.0:5514?shop=a&blog=a', /gives the tag "a" to both shop and blog/, undefined],
  ['syslog://0.0.0.0:5514,syslog+udp://0.0.0.0:5514', /listens twice/, undefined],
  ['/x/shop.log,syslog://0.0.0.0:5514?shop=a', /calls both/, /first=/],
  ['a=-,a=/x/b.log', /calls both/, /first=/],
];
for (const [text, problem, hint] of faults) {
  test(`LOG_PATHS=${text} is refused with what to write instead`, () => {
    assert.throws(
      () => logsOf(text),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.faults.length, 1);
        assert.match(error.faults[0]?.problem ?? '', problem);
        if (hint === undefined) assert.equal(error.faults[0]?.hint, undefined);
        else assert.match(error.faults[0]?.hint ?? '', hint);
        return true;
      },
    );
  });
}
