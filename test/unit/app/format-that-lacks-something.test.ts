import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdvisedFormats } from '../../../src/app/advised-parser.ts';
import { AppRig, combinedLine } from '../../support/app-rig.ts';

const CODE = 'format-lacks-variables';

test('control characters of a format are not in the line to paste', async (t) => {
  const rig = new AppRig(t, { LOG_FORMAT: '$remote_addr [$time_local] $status \u001b[31m' });
  rig.append('192.0.2.1 [02/Jan/2026:03:04:00 +0000] 200 \u001b[31m\n');
  await rig.start();
  await rig.until('the line is counted', () => rig.sum('count') === 1);
  const told = rig.notices.find(({ code }) => code === CODE)?.message ?? '';
  assert.ok(told.includes('$status \\x1b[31m'), told);
});

test('a log without times: the line to paste is said once, at the start', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine());
  await rig.start();
  await rig.until('the line is counted', () => rig.sum('count') === 1);
  rig.append(combinedLine({ atS: 1 }));
  await rig.until('the next is, too', () => rig.sum('count') === 2);
  const told = rig.notices.filter(({ code }) => code === CODE);
  assert.equal(told.length, 1);
  assert.match(
    told[0]?.message ?? '',
    /^The log access has the format combined, which lacks \$request_time/,
  );
  const pasted = /log_format meter .*';/.exec(told[0]?.message ?? '')?.[0];
  await rig.stop();

  // What was pasted is a format that lacks nothing, and nothing is said about it.
  const better = new AppRig(t, { LOG_FORMAT: pasted ?? '' });
  const rest = ' rt=0.004 len=310 site="a.example" ua="-" us="-" ut="-"\n';
  better.append(combinedLine().replace('\n', rest));
  await better.start();
  await better.until('the line is counted', () => better.sum('count') === 1);
  assert.deepEqual(
    better.notices.filter(({ code }) => code === CODE),
    [],
  );
});

test('of two formats each has a name of its own, and of two logs with one format it is shown once', () => {
  const advised = new AdvisedFormats();
  assert.deepEqual(advised.of("log_format meter '$status';"), { name: 'meter', isShown: false });
  assert.deepEqual(advised.of("log_format meter '$host';"), { name: 'meter2', isShown: false });
  assert.deepEqual(advised.of("log_format meter '$status';"), { name: 'meter', isShown: true });
});

test("nginx's error log is said once, and has no series", async (t) => {
  const rig = new AppRig(t);
  const error = '2026/01/02 03:04:00 [error] 12#12: *7 open() "/a" failed (2: No such file)\n';
  rig.append(error + error);
  await rig.start();
  const told = () => rig.notices.filter(({ code }) => code === 'error-log-left-out');
  await rig.until('it is said', () => told().length === 1);
  rig.append(error + combinedLine());
  await rig.until('the request behind it is counted', () => rig.sum('count') === 1);
  assert.equal(told().length, 1);
  assert.equal(rig.agentSum('lines'), 1);
});
