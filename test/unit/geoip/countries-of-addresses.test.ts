import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.ts';
import { GeoipDatabase } from '../../../src/geoip/geoip.ts';
import { countryOf } from '../../../src/request/client/country.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { FakeClock } from '../../support/clock.ts';
import { DimensionBench } from '../../support/dimension-bench.ts';
import { NOON_S } from '../../support/log-rows.ts';
import { mmdb, type MmdbNetwork } from '../../support/mmdb-writer.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const country = (iso_code: string) => ({ country: { iso_code } });
const LOOK_MS = 10_000;

function fileOf(t: TestContext, networks: readonly MmdbNetwork[], type = 'Made-Country'): string {
  const path = join(temporaryFolder(t), 'countries.mmdb');
  writeFileSync(path, mmdb(type, networks));
  return path;
}

function replace(path: string, content: Buffer | string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

const asked = (database: GeoipDatabase, address: string) => {
  const number = database.numberOf(address);
  return number === 0 ? '-' : countryOf(number);
};

test('the country stands where the known vendors put it, and nothing else is one', async (t) => {
  const database = await GeoipDatabase.open(
    fileOf(t, [
      { network: '192.0.2.0/24', record: country('DE') },
      { network: '198.51.100.0/24', record: { registered_country: { iso_code: 'FR' } } },
      { network: '203.0.113.0/25', record: { country_code: 'JP' } },
      { network: '203.0.113.128/25', record: { country: 'BR' } },
      { network: '10.0.0.0/8', record: country('de') },
      { network: '11.0.0.0/8', record: country('D E"') },
      { network: '12.0.0.0/8', record: { city: 'x' } },
      { network: '20010db8000000000000000000000000/32', record: country('NL') },
    ]),
  );
  assert.deepEqual(
    [
      ...['192.0.2.200', '198.51.100.1', '203.0.113.1', '203.0.113.200'],
      ...['2001:db8::7', '2001:db9::7', '10.1.1.1', '11.1.1.1', '12.1.1.1', '172.16.0.1'],
      ...['', 'unix:', 'a'.repeat(48)],
    ].map((address) => asked(database, address)),
    [...['DE', 'FR', 'JP', 'BR'], ...['NL', '-', '-', '-', '-', '-'], ...['-', '-', '-']],
  );
  assert.equal(database.about.type, 'Made-Country');
  assert.equal(database.about.builtAt.toISOString(), '2023-11-14T22:13:20.000Z');
});

test('a database of IPv4 alone knows no country of an IPv6 address', async (t) => {
  const path = join(temporaryFolder(t), 'ipv4.mmdb');
  const networks = [{ network: '32.1.0.0/16', record: country('US') }];
  writeFileSync(path, mmdb('Made-Country', networks, undefined, 4));
  const database = await GeoipDatabase.open(path);
  assert.equal(asked(database, '32.1.13.184'), 'US');
  // Its first 32 bits are those of the address above.
  assert.equal(asked(database, '2001:db8:0:0:0:0:0:1'), '-');
});

test('IPv4 within IPv6 is asked about as IPv4, however it is written', () => {
  for (const clientIp of ['full', 'masked'] as const) {
    const addresses: string[] = [];
    const numberOf = (address: string) => addresses.push(address);
    const bench = new DimensionBench({ clientIp, countries: { version: 1, numberOf } });
    const ips = [
      '::ffff:192.0.2.7',
      '::FFFF:C000:207',
      '0:0:0:0:0:ffff:192.0.2.7',
      '2001:DB8:1::7',
    ];
    const time = `${new Date(NOON_S * 1000).toISOString().slice(0, 19)}+00:00`;
    bench.add(
      ips.map((ip) => `a.example ${ip} [${time}] "GET / HTTP/1.1" 200 1 "-" "x" 0.001 "-"`),
      NOON_S,
    );
    const [four, six] =
      clientIp === 'full'
        ? ['192.0.2.7', '2001:db8:1:0:0:0:0:7']
        : ['192.0.2.0', '2001:db8:1:0:0:0:0:0'];
    assert.deepEqual(addresses, [four, four, four, six]);
  }
});

test('a file that cannot be used is a fault of GEOIP_DB, with what is wrong', async (t) => {
  const networks = [{ network: '192.0.2.0/24', record: country('DE') }];
  const whole = fileOf(t, networks);
  const asn = { autonomous_system_number: 64_496 };
  const cut = fileOf(t, networks);
  writeFileSync(cut, mmdb('x', networks).subarray(0, 60));
  const text = fileOf(t, networks);
  writeFileSync(text, 'no database');
  for (const [path, problem] of [
    [`${whole}.missing`, /does not exist/],
    [join(whole, '..'), /names a folder/],
    [cut, /is no MaxMind DB file, or only a part of one/],
    [text, /is no MaxMind DB file, or only a part of one/],
    [
      fileOf(t, [{ network: '192.0.2.0/24', record: asn }], 'Made-\u001b[31mASN'),
      /is a database without countries \(Made-[^\u001b]*ASN\)/,
    ],
  ] as const) {
    await assert.rejects(GeoipDatabase.open(path), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.faults[0]?.name, 'GEOIP_DB');
      assert.match(error.message, problem);
      return true;
    });
  }
});

async function watched(t: TestContext, path: string) {
  const database = await GeoipDatabase.open(path);
  const clock = new FakeClock();
  const notices: Notice[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  const notify = (one: Notice) => void notices.push(one);
  const watching = database.watch({ intervalMs: LOOK_MS, clock, notify, signal });
  t.after(async () => {
    stop.abort();
    await watching;
  });
  const look = async () => {
    await waitUntil('it waits for its next look', () => clock.sleeping === 1);
    await clock.advance(LOOK_MS);
    await waitUntil('it has looked', () => clock.sleeping === 1);
  };
  return { database, notices, look };
}

test('another file at the path is taken up once it has stood still for a look', async (t) => {
  const path = fileOf(t, [{ network: '192.0.2.0/24', record: country('DE') }]);
  const { database, notices, look } = await watched(t, path);
  await look();
  replace(path, mmdb('Made-Later', [{ network: '192.0.2.0/24', record: country('AT') }]));
  await look();
  assert.equal(asked(database, '192.0.2.1'), 'DE');
  assert.equal(database.version, 1);
  await look();
  assert.equal(asked(database, '192.0.2.1'), 'AT');
  assert.equal(database.version, 2);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['geoip-replaced'],
  );
  assert.match(notices[0]?.message ?? '', /Made-Later of 2023-11-14/);
});

test('a file that vanishes and comes back unchanged ends the trouble', async (t) => {
  const path = fileOf(t, [{ network: '192.0.2.0/24', record: country('DE') }]);
  const { database, notices, look } = await watched(t, path);
  renameSync(path, `${path}.away`);
  await look();
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['geoip-unusable'],
  );
  renameSync(`${path}.away`, path);
  await look();
  await look();
  assert.equal(notices.at(-1)?.code, 'geoip-replaced');
  assert.equal(asked(database, '192.0.2.1'), 'DE');
});

test('a broken or missing file leaves the old one in use, is reported, and is waited out', async (t) => {
  const path = fileOf(t, [{ network: '192.0.2.0/24', record: country('DE') }]);
  const { database, notices, look } = await watched(t, path);
  replace(path, 'half of a downlo');
  await look();
  await look();
  assert.equal(asked(database, '192.0.2.1'), 'DE');
  assert.match(
    notices.at(-1)?.message ?? '',
    /is no MaxMind DB file, .* still told by the database/,
  );
  rmSync(path);
  await look();
  assert.match(notices.at(-1)?.message ?? '', /does not exist/);
  assert.equal(asked(database, '192.0.2.1'), 'DE');
  replace(path, mmdb('Made', [{ network: '192.0.2.0/24', record: country('CH') }]));
  await look();
  await look();
  assert.equal(asked(database, '192.0.2.1'), 'CH');
  assert.equal(notices.at(-1)?.code, 'geoip-replaced');
});
