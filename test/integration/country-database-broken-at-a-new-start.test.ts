import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defer } from '../support/defer.ts';
import { Meter } from '../support/meter.ts';
import { mmdb } from '../support/mmdb-writer.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

test('a meter that starts anew inside the process goes on with the countries it had', async (t) => {
  const dir = temporaryFolder(t);
  const file = join(dir, 'countries.mmdb');
  const conf = join(dir, 'nginx.conf');
  const follow = (...names: readonly string[]) => {
    const logs = names.map((name) => `access_log ${join(dir, name)} combined;`).join(' ');
    writeFileSync(conf, `events {}\nhttp { ${logs} }\n`);
  };
  const record = { country: { iso_code: 'DE' } };
  writeFileSync(file, mmdb('Made-Country', [{ network: '192.0.2.0/24', record }]));
  for (const name of ['a.log', 'b.log']) writeFileSync(join(dir, name), '');
  follow('a.log');
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: { NGINX_CONF: conf, GEOIP_DB: file },
  });
  defer(t, () => meter.kill());
  const starts = () => meter.log.filter((one) => one['msg'] === 'Started.').length;
  assert.equal(starts(), 1);
  writeFileSync(file, 'half of a downlo');
  follow('a.log', 'b.log');
  await waitUntil('it has started anew', () => starts() === 2, { deadlineMs: 60_000 });
  assert.equal(await meter.stop(), 0);
});
