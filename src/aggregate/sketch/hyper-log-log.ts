/**
 * Estimates how many different keys were added, from 4096 registers (p = 12): a standard error of
 * 1.6 % at any count. The registers hold what a `max` merges, so the order of adding, and adding
 * again, change nothing.
 *
 * Registers: Flajolet et al., "HyperLogLog" (2007), on 64-bit hashes. Estimate: Ertl, "New
 * cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6, which needs
 * neither tables nor a switch for small counts.
 */
const PRECISION = 12;
const REGISTERS = 1 << PRECISION;
/** Bits of a hash behind the register's number; a register holds 0 … RANK_BITS + 1. */
const RANK_BITS = 64 - PRECISION;
const ALPHA_INFINITY = 1 / (2 * Math.LN2);

/** What goes into the database: max() merges these over hosts and windows. */
export const FOLDED_REGISTERS = 128;
/** Of folded registers. */
export const FOLDED_RANK_BITS = 64 - 7;
const FOLDED_SHIFT = 5; // log2(REGISTERS / FOLDED_REGISTERS)
const SPARSE_MAX = 512;

/** Pairs of [register, value, …] while few are set, else all of them in base64. */
export type HyperLogLogSnapshot = readonly number[] | string;

export class HyperLogLog {
  readonly #registers = new Uint8Array(REGISTERS);

  /** Adds a key by its hash: two lanes of 32 bits, signed or not, both well mixed. */
  add(low: number, high: number): void {
    const register = high >>> (32 - PRECISION);
    const rest = high << PRECISION;
    const rank = rest === 0 ? 32 - PRECISION + Math.clz32(low) + 1 : Math.clz32(rest) + 1;
    if (rank > (this.#registers[register] ?? 0)) this.#registers[register] = rank;
  }

  /** The same by a hash whose lanes are not well mixed. */
  addMixed(low: number, high: number): void {
    this.add(mix(Math.imul(low, 0x9e3779b1)), mix(Math.imul(high, 0xc2b2ae35)));
  }

  /** Adds every key that `other` has seen. */
  merge(other: HyperLogLog): void {
    const from = other.#registers;
    for (let i = 0; i < REGISTERS; i++) {
      const value = from[i] ?? 0;
      if (value > (this.#registers[i] ?? 0)) this.#registers[i] = value;
    }
  }

  /** A whole number. */
  estimate(): number {
    return Math.round(estimateOf(this.#registers, RANK_BITS));
  }

  /** FOLDED_REGISTERS registers (p = 7) as if every key had been added to those. */
  folded(): Uint8Array {
    const folded = new Uint8Array(FOLDED_REGISTERS);
    for (let i = 0; i < REGISTERS; i++) {
      const value = this.#registers[i] ?? 0;
      if (value === 0) continue;
      // The lower bits of the register's number are the upper bits of the rest of the hash.
      const lower = i & ((1 << FOLDED_SHIFT) - 1);
      const rank =
        lower === 0 ? FOLDED_SHIFT + value : Math.clz32(lower << (32 - FOLDED_SHIFT)) + 1;
      const to = i >> FOLDED_SHIFT;
      if (rank > (folded[to] ?? 0)) folded[to] = rank;
    }
    return folded;
  }

  snapshot(): HyperLogLogSnapshot {
    const sparse: number[] = [];
    for (let i = 0; i < REGISTERS && sparse.length <= 2 * SPARSE_MAX; i++) {
      const value = this.#registers[i] ?? 0;
      if (value > 0) sparse.push(i, value);
    }
    if (sparse.length <= 2 * SPARSE_MAX) return sparse;
    return Buffer.from(this.#registers).toString('base64');
  }

  static restore(snapshot: HyperLogLogSnapshot): HyperLogLog {
    const restored = new HyperLogLog();
    if (typeof snapshot === 'string') {
      restored.#registers.set(Buffer.from(snapshot, 'base64').subarray(0, REGISTERS));
      return restored;
    }
    for (let i = 0; i + 1 < snapshot.length; i += 2) {
      restored.#registers[snapshot[i] ?? 0] = snapshot[i + 1] ?? 0;
    }
    return restored;
  }
}

/** The last mixing step of MurmurHash3 for 32 bits. */
function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The estimate from any power-of-two number of registers whose values go up to `rankBits` + 1. */
export function estimateOf(registers: Uint8Array, rankBits: number): number {
  const m = registers.length;
  const counts = new Float64Array(rankBits + 2);
  for (const value of registers) counts[value] = (counts[value] ?? 0) + 1;
  let z = m * tau(1 - (counts[rankBits + 1] ?? 0) / m);
  for (let k = rankBits; k >= 1; k--) z = 0.5 * (z + (counts[k] ?? 0));
  z += m * sigma((counts[0] ?? 0) / m);
  return (ALPHA_INFINITY * m * m) / z;
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = x;
  for (let before = NaN; z !== before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (let before = NaN; z !== before; ) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
