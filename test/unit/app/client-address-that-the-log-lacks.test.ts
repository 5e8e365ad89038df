import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppRig, combinedLine } from '../../support/app-rig.ts';

const CODE = 'client-variable-missing';
const CLIENT_IP_FROM = '$http_x_forwarded_for:2';

async function toldOf(t: TestContext, settings: Record<string, string>, ...lines: string[]) {
  const rig = new AppRig(t, settings);
  let count = 0;
  await rig.start();
  for (const line of lines) {
    rig.append(line);
    count++;
    await rig.until('the line is counted', () => rig.sum('count') === count);
  }
  await rig.stop();
  return rig.notices.filter(({ code }) => code === CODE);
}

test('a log without the variable of CLIENT_IP_FROM: said once, with what to do', async (t) => {
  const lines = [combinedLine(), combinedLine({ atS: 1 })];
  const told = await toldOf(t, { CLIENT_IP_FROM }, ...lines);
  assert.equal(told.length, 1);
  assert.equal(told[0]?.code, 'client-variable-missing');
  assert.equal(
    told[0]?.message,
    'The format combined of the log access has no $http_x_forwarded_for, which CLIENT_IP_FROM names: ' +
      '$remote_addr counts as the client, which behind a proxy is the proxy. Put ' +
      '$http_x_forwarded_for into the log_format of nginx.conf (and into LOG_FORMAT, where that is ' +
      'set), or take CLIENT_IP_FROM back.',
  );
});

test('nothing is said where the address does not matter, or the log has it', async (t) => {
  assert.deepEqual(await toldOf(t, {}, combinedLine()), []);
  for (const [name, value] of [
    ['CLIENT_IP', 'off'],
    ['DIMENSION_WINDOW', 'off'],
  ] as const) {
    assert.deepEqual(await toldOf(t, { CLIENT_IP_FROM, [name]: value }, combinedLine()), []);
  }
  const main = combinedLine().replace('\n', ' "192.0.2.9"\n');
  assert.deepEqual(await toldOf(t, { CLIENT_IP_FROM }, main), []);
});

const json = (more: string) =>
  `{"time":"2026-01-02T03:04:00+00:00","status":200,"remote_addr":"192.0.2.1"${more}}\n`;

test('of JSON the keys of the lines tell, and a key may come with a later one', async (t) => {
  const [told] = await toldOf(t, { CLIENT_IP_FROM }, json(''));
  assert.match(told?.message ?? '', /format json .* or name its key in LOG_JSON_KEYS, or take/);
  const both = json('') + json(',"xff":"192.0.2.9"');
  const rig = new AppRig(t, { CLIENT_IP_FROM });
  rig.append(both);
  await rig.start();
  await rig.until('both are counted', () => rig.sum('count') === 2);
  assert.deepEqual(
    rig.notices.filter(({ code }) => code === CODE),
    [],
  );
});
