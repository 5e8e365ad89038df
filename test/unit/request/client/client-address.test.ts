import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import {
  forwardedClient,
  maskAddress,
  MASKED_BYTES_MAX,
} from '../../../../src/request/client/client-address.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function mask(address: string): string {
  const out = new Uint8Array(MASKED_BYTES_MAX);
  const bytes = encode(`"${address}", 1.2.3.4:5%`);
  const length = maskAddress(bytes, 1, 1 + encode(address).length, out);
  return Buffer.from(out.subarray(0, length)).toString();
}

test('addresses are cut to their network', () => {
  for (const [address, masked] of [
    ['192.0.2.77', '192.0.2.0/24'],
    ['255.255.255.255', '255.255.255.0/24'],
    ['0.0.0.0', '0.0.0.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['::ffff:c000:24d', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:DB8:0abc::1', '2001:db8:abc::/48'],
    ['2001:db8::1', '2001:db8::/48'],
    ['2001::', '2001::/48'],
    ['::1', '::/48'],
    ['::', '::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['64:ff9b::192.0.2.33', '64:ff9b::/48'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff::/48'],
  ]) {
    assert.equal(mask(address!), masked, address);
  }
});

test('what is no address has no network', () => {
  for (const text of ['', '-', 'unix:', '1.2.3', '1.2.3.4.5', '1.2.3.256', '1..2.3', '1.2.3.4 ']) {
    assert.equal(mask(text), '', text);
  }
  for (const text of [
    ':',
    ':1',
    '1:',
    '1:2',
    '::1::',
    ':::',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    'g::',
  ]) {
    assert.equal(mask(text), '', text);
  }
});

test('it takes for an address what node takes for one', () => {
  const group = fc.oneof(
    fc.stringMatching(/^[0-9a-fA-F]{1,4}$/),
    fc.constantFrom('', '', '0', '12345', 'g', '1.2.3.4'),
  );
  const text = fc.oneof(
    fc.array(group, { maxLength: 9 }).map((all) => all.join(':')),
    fc.array(fc.nat(260).map(String), { minLength: 3, maxLength: 5 }).map((all) => all.join('.')),
    fc.ipV4(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(text, (address) => {
      // node refuses 01.2.3.4, where some read octal; nginx never writes it.
      fc.pre(!/(?:^|[.:])0\d+\./u.test(address) && !/\.0\d/u.test(address));
      assert.equal(mask(address) !== '', isIP(address) !== 0, address);
    }),
  );
});

function client(list: string, trustedProxies: number): string | undefined {
  const bytes = encode(`<${list}>`);
  const span = { start: -1, end: -1 };
  const isFound = forwardedClient(bytes, 1, bytes.length - 1, trustedProxies, span);
  return isFound ? Buffer.from(bytes.subarray(span.start, span.end)).toString() : undefined;
}

test('the client is the entry that the outermost trusted proxy has written', () => {
  const list = '6.6.6.6, 203.0.113.9, 10.0.0.2';
  assert.equal(client(list, 1), '10.0.0.2');
  assert.equal(client(list, 2), '203.0.113.9');
  assert.equal(client(list, 3), '6.6.6.6');
  assert.equal(client(list, 4), '6.6.6.6');
  assert.equal(client('203.0.113.9', 1), '203.0.113.9');
});

test('ports, brackets, quotes and spaces are left out', () => {
  assert.equal(client('203.0.113.9:4711', 1), '203.0.113.9');
  assert.equal(client('[2001:db8::1]:4711', 1), '2001:db8::1');
  assert.equal(client('"[2001:db8::1]"', 1), '2001:db8::1');
  assert.equal(client('x,\t 2001:db8::1 ', 1), '2001:db8::1');
});

test('an entry that is no address counts for nothing', () => {
  for (const list of ['', '-', 'unknown', '1.2.3.4, ', '1.2.3.4, evil', '[::1', '_hidden', ',']) {
    assert.equal(client(list, 1), undefined, list);
  }
});

test('what a client puts in front never changes the answer', () => {
  const entry = fc.ipV4();
  fc.assert(
    fc.property(fc.string(), fc.array(entry, { minLength: 1, maxLength: 4 }), (front, chain) => {
      const list = `${front}, ${chain.join(', ')}`;
      for (let n = 1; n <= chain.length; n++) assert.equal(client(list, n), chain.at(-n));
    }),
  );
});
