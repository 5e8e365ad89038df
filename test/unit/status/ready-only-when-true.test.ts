import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreadyReasons } from '../../../src/status/readiness.ts';
import { healthyStatus, logFigures, writerFigures } from '../../support/meter-status.ts';

test('a database that has not answered yet is no reason to be ready', () => {
  const writer = writerFigures({ isProven: false });
  assert.deepEqual(
    unreadyReasons(healthyStatus({ writer })).map(({ code, subject }) => [code, subject]),
    [['write-untried', 'http://influxdb:8086']],
  );
  const blocked = writerFigures({ isProven: false, state: 'blocked', reason: '401' });
  assert.deepEqual(
    unreadyReasons(healthyStatus({ writer: blocked })).map(({ code }) => code),
    ['write-blocked'],
  );
});

test('a log of which no line is counted is told of, with what its lines look like', () => {
  const log = logFigures({ lines: 9, counted: 0, unparsedLike: '9.9 "xxxx"' });
  const [reason] = unreadyReasons(healthyStatus({ logs: [log] }));
  assert.equal(reason?.code, 'lines-unparsed');
  assert.match(reason?.message ?? '', /look like this: 9\.9 "xxxx" Set LOG_FORMAT/);
});
