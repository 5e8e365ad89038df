/**
 * The slots behind a list of heavy hitters: Space-Saving (Metwally et al., "Efficient computation of
 * frequent and top-k elements in data streams", 2005).
 *
 * Owns which slot a hash stands in, and per slot the count and its possible error: a key that gets
 * the slot of another inherits that one's count as error. With n keys counted in m slots, for every
 * key that has a slot `count - error <= true count <= count`, no error is greater than n / m, and a
 * key that came more often than n / m times has a slot. The keys themselves, and their comparison,
 * are the caller's. The same keys in the same order give the same slots, restored in between or not.
 */
const NONE = -1;
const SLOTS_AT_FIRST = 16;
/** So many that the chain of a key without a slot is nearly always empty, which a processor can guess. */
const HEADS_PER_SLOT = 8;

/** Per slot: hash, count, error. */
export type SpaceSavingSnapshot = readonly (readonly [
  hash: number,
  count: number,
  error: number,
])[];

export class SpaceSaving {
  /** Slots in use: 0 … size - 1. */
  size = 0;
  /** Slots there is room for without growing; the caller's own arrays follow it. */
  capacity: number;
  /** Whole numbers. The caller adds to the count of a slot, and to nothing else but `pinned`. */
  counts: Float64Array;
  errors: Float64Array;
  /** 1: the slot is not given to another key. After taking it back, call `relevel()`. */
  pinned: Uint8Array;
  readonly #slotsMax: number;
  #hashes: Int32Array;
  /** Chains of slots with one remainder of the hash. */
  #heads: Int32Array;
  #next: Int32Array;
  #mask: number;
  /** Slots before this one do not have the least count; slots without it have more. */
  #hand = 0;
  #least = 0;

  /** `slotsMax` must be a power of two, at least 16. Begins small: most lists stay short. */
  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
    this.capacity = SLOTS_AT_FIRST;
    this.counts = new Float64Array(SLOTS_AT_FIRST);
    this.errors = new Float64Array(SLOTS_AT_FIRST);
    this.pinned = new Uint8Array(SLOTS_AT_FIRST);
    this.#hashes = new Int32Array(SLOTS_AT_FIRST);
    this.#next = new Int32Array(SLOTS_AT_FIRST);
    this.#mask = HEADS_PER_SLOT * SLOTS_AT_FIRST - 1;
    this.#heads = new Int32Array(HEADS_PER_SLOT * SLOTS_AT_FIRST).fill(NONE);
  }

  /** As new, but with the capacity it has. */
  clear(): void {
    this.counts.fill(0, 0, this.size);
    this.errors.fill(0, 0, this.size);
    this.pinned.fill(0, 0, this.size);
    this.#heads.fill(NONE);
    this.size = 0;
    this.#hand = 0;
    this.#least = 0;
  }

  /** Leaves this share of all counts and errors. */
  decay(factor: number): void {
    const { counts, errors, size } = this;
    for (let slot = 0; slot < size; slot++) {
      counts[slot] = Math.floor((counts[slot] ?? 0) * factor);
      errors[slot] = Math.floor((errors[slot] ?? 0) * factor);
    }
    this.relevel();
  }

  /** The first slot that may hold a key of this hash, or -1. */
  first(hash: number): number {
    return this.#skip(this.#heads[hash & this.#mask] ?? NONE, hash);
  }

  /** The hash of the key in a slot that is in use. */
  hashAt(slot: number): number | undefined {
    return this.#hashes[slot];
  }

  /** The next one after `slot`, or -1. */
  following(slot: number, hash: number): number {
    return this.#skip(this.#next[slot] ?? NONE, hash);
  }

  #skip(from: number, hash: number): number {
    let slot = from;
    while (slot !== NONE && this.#hashes[slot] !== hash) slot = this.#next[slot] ?? NONE;
    return slot;
  }

  /** Whether the next `take()` throws another key out. */
  get isFull(): boolean {
    return this.size === this.#slotsMax;
  }

  /** Whether, of a full table, no slot has a smaller count than this. */
  isLeast(count: number): boolean {
    if (count < this.#least) return false;
    const slot = this.leastSlot();
    return slot !== NONE && count >= this.#least;
  }

  /** The slot that the next `take()` gives when full, or -1 when all are pinned. */
  leastSlot(): number {
    for (let round = 0; round < 2; round++) {
      for (let slot = this.#hand; slot < this.size; slot++) {
        if (this.counts[slot] !== this.#least || this.pinned[slot] === 1) continue;
        this.#hand = slot;
        return slot;
      }
      this.relevel();
    }
    return NONE;
  }

  /**
   * A slot for a new key, with the count (and error) of the key that it belonged to, 0 when it was
   * free; -1 when all are pinned. `capacity` may have grown.
   */
  take(hash: number): number {
    let slot: number;
    if (this.isFull) {
      slot = this.leastSlot();
      if (slot === NONE) return NONE;
      this.#unlink(slot);
      this.#hand = slot + 1;
      this.errors[slot] = this.counts[slot] ?? 0;
    } else {
      if (this.size === this.capacity) this.#grow();
      slot = this.size++;
      // It may be counted less than all before it: what is known of the least count holds no more.
      this.#least = 0;
      this.#hand = 0;
    }
    this.#link(slot, hash);
    return slot;
  }

  /** Looks for the least count anew: after counts went down or a slot was unpinned. */
  relevel(): void {
    let least = Infinity;
    for (let slot = 0; slot < this.size; slot++) {
      const count = this.counts[slot] ?? 0;
      if (this.pinned[slot] === 0 && count < least) least = count;
    }
    this.#least = least;
    this.#hand = 0;
  }

  #link(slot: number, hash: number): void {
    const bucket = hash & this.#mask;
    this.#hashes[slot] = hash;
    this.#next[slot] = this.#heads[bucket] ?? NONE;
    this.#heads[bucket] = slot;
  }

  #unlink(slot: number): void {
    const bucket = (this.#hashes[slot] ?? 0) & this.#mask;
    const after = this.#next[slot] ?? NONE;
    let before = this.#heads[bucket] ?? NONE;
    if (before === slot) {
      this.#heads[bucket] = after;
      return;
    }
    while (this.#next[before] !== slot) before = this.#next[before] ?? NONE;
    this.#next[before] = after;
  }

  #grow(): void {
    this.capacity *= 2;
    this.counts = grown(this.counts, new Float64Array(this.capacity));
    this.errors = grown(this.errors, new Float64Array(this.capacity));
    this.pinned = grown(this.pinned, new Uint8Array(this.capacity));
    this.#hashes = grown(this.#hashes, new Int32Array(this.capacity));
    this.#next = new Int32Array(this.capacity);
    this.#mask = HEADS_PER_SLOT * this.capacity - 1;
    this.#heads = new Int32Array(HEADS_PER_SLOT * this.capacity).fill(NONE);
    for (let slot = 0; slot < this.size; slot++) this.#link(slot, this.#hashes[slot] ?? 0);
  }

  snapshot(): SpaceSavingSnapshot {
    const slots: [number, number, number][] = [];
    for (let slot = 0; slot < this.size; slot++) {
      slots.push([this.#hashes[slot] ?? 0, this.counts[slot] ?? 0, this.errors[slot] ?? 0]);
    }
    return slots;
  }

  /** Takes up a snapshot; only on a new instance. Nothing is pinned then. */
  restore(snapshot: SpaceSavingSnapshot): void {
    for (const [hash, count, error] of snapshot.slice(0, this.#slotsMax)) {
      const slot = this.take(hash);
      this.counts[slot] = count;
      this.errors[slot] = error;
    }
    this.relevel();
  }
}

/** `to`, which is longer, with the values of `from` at its beginning. */
export function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
