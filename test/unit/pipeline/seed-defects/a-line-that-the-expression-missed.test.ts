import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine } from '../../../support/app-rig.ts';

/** The script took only IPv4, and no spaces in referer or agent, and lost every other line in silence. */

test('any address, any request, any referer and agent is counted', async (t) => {
  const rig = new AppRig(t);
  const lines = [
    combinedLine(),
    combinedLine({ address: '2001:db8::17' }),
    combinedLine({ address: '::ffff:192.0.2.7' }),
    combinedLine({ address: 'unix:' }),
    combinedLine({ referer: 'http://a.example/a b c' }),
    combinedLine({ agent: 'Mozilla/5.0 (X11; Linux x86_64) Gecko' }),
    combinedLine({ agent: '' }),
    combinedLine({ request: '', status: 400 }),
    combinedLine({ request: '-', status: 408 }),
    combinedLine({ request: '\\x16\\x03\\x01', status: 400 }),
    combinedLine({ request: 'GET /a b c HTTP/1.1' }),
  ];
  rig.append(lines.join(''));
  await rig.start();
  await rig.until('all are in a window', () => rig.agentSum('lines') >= lines.length);
  assert.equal(rig.agentSum('counted'), lines.length);
  assert.equal(rig.sum('count'), lines.length);
});

test('a line that cannot be parsed is counted with its reason', async (t) => {
  const rig = new AppRig(t);
  rig.append(`${combinedLine()}what is this\n${combinedLine().replace('[02/Jan', '[92/Jan')}\n`);
  await rig.start();
  await rig.until('all are in a window', () => rig.agentSum('lines') >= 4);
  assert.deepEqual([rig.agentSum('counted'), rig.agentSum('unparsed')], [1, 3]);
  const [log] = rig.status.logs;
  assert.deepEqual({ ...log?.unparsed }, { shape: 1, time: 1, empty: 1 });
});
