/**
 * Writes small databases in MaxMind's format (https://maxmind.github.io/MaxMind-DB/, version 2.0) with
 * made-up networks: an IPv6 tree with IPv4 under ::/96, or one of IPv4 alone; records of 24 bits.
 */

export type MmdbValue =
  | string
  | number
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue };

export interface MmdbNetwork {
  /** `192.0.2.0/24` or, as 32 hexadecimal digits without colons, `20010db8…/48`. */
  readonly network: string;
  readonly record: MmdbValue;
}

const BITS = 128;
const IPV4_BITS = 32;
const SEPARATOR_BYTES = 16;
const MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');

type Node = [left: Node | number | undefined, right: Node | number | undefined];

export function mmdb(
  databaseType: string,
  networks: readonly MmdbNetwork[],
  builtAtS = 1_700_000_000,
  ipVersion: 4 | 6 = 6,
): Buffer {
  const data: Buffer[] = [];
  let dataBytes = 0;
  const root: Node = [undefined, undefined];
  for (const { network, record } of networks) {
    const encoded = encode(record);
    insert(root, bitsOf(network).slice(ipVersion === 4 ? BITS - IPV4_BITS : 0), dataBytes);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes: Node[] = [];
  const number = (node: Node): void => {
    nodes.push(node);
    for (const child of node) if (Array.isArray(child)) number(child);
  };
  number(root);
  const tree = Buffer.alloc(6 * nodes.length);
  nodes.forEach((node, i) => {
    node.forEach((child, side) => {
      let value = nodes.length;
      if (Array.isArray(child)) value = nodes.indexOf(child);
      else if (child !== undefined) value += SEPARATOR_BYTES + child;
      tree.writeUIntBE(value, 6 * i + 3 * side, 3);
    });
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: builtAtS,
    database_type: databaseType,
    description: { en: 'made up' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...data, MARKER, metadata]);
}

function bitsOf(network: string): number[] {
  const [address = '', length = ''] = network.split('/');
  const isIpv4 = address.includes('.');
  const bytes = isIpv4
    ? [...new Array<number>(12).fill(0), ...address.split('.').map(Number)]
    : [...Buffer.from(address, 'hex')];
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1));
  return bits.slice(0, Number(length) + (isIpv4 ? BITS - IPV4_BITS : 0));
}

function insert(root: Node, bits: readonly number[], offset: number): void {
  let node = root;
  bits.forEach((bit, i) => {
    const side = bit === 0 ? 0 : 1;
    if (i === bits.length - 1) {
      node[side] = offset;
      return;
    }
    const child = node[side];
    if (typeof child === 'number') throw new Error('one network lies in another');
    node = node[side] = child ?? [undefined, undefined];
  });
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(2, bytes.length), bytes]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, part]) => [encode(key), encode(part)]),
  ]);
}

/** Sizes below 29 only: nothing here is longer. */
function control(type: number, size: number): Buffer {
  if (size > 28) throw new RangeError(`${size} is too long for this writer`);
  return type <= 7 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7]);
}
