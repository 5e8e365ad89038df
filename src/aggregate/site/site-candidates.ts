/**
 * The names of sites that have no place: which of them come often. Owns the names, as bytes, of
 * Space-Saving slots (space-saving.ts), so memory is bounded, a name that comes often is among them
 * however late it comes, and a name that strangers invent costs no string.
 */
import { UNIT } from '../keeping.ts';
import { SpaceSaving, type SpaceSavingSnapshot } from '../sketch/space-saving.ts';
import { areWords, hashOf, viewOf } from './site-name.ts';
import { TAG_VALUE_BYTES_MAX } from '../../text/tag-value.ts';

/** Of one log. A name with more than this share of the requests that are added to `other` is one. */
const CANDIDATES_MAX = 256;
/** Room for the longest name in the form of `wordsOf()`: its last bytes may stand one by one. */
const WORDS_MAX = (TAG_VALUE_BYTES_MAX >> 2) + 3;

const utf8 = new TextDecoder();
const encoder = new TextEncoder();

export interface SiteCandidatesSnapshot {
  readonly saving: SpaceSavingSnapshot;
  /** Per slot; empty: the name has got a place. */
  readonly names: readonly string[];
}

export interface Candidate {
  readonly slot: number;
  readonly name: string;
  /** Units of requests that it certainly had. */
  readonly traffic: number;
}

export class SiteCandidates {
  readonly #saving = new SpaceSaving(CANDIDATES_MAX);
  /** Per slot: the length of the name in bytes, 0 for none, and the name in the form of `wordsOf()`. */
  readonly #lengths = new Uint8Array(CANDIDATES_MAX);
  #words = new Int32Array(0);

  /** Counts one request of a name that has no place: a tag value, as bytes with their hash. */
  count(bytes: DataView, start: number, end: number, hash: number): void {
    const saving = this.#saving;
    let slot = this.#slotOf(bytes, start, end, hash);
    if (slot < 0) {
      slot = saving.take(hash);
      this.#put(slot, bytes, start, end);
    }
    saving.counts[slot] = (saving.counts[slot] ?? 0) + UNIT;
  }

  #slotOf(bytes: DataView, start: number, end: number, hash: number): number {
    const saving = this.#saving;
    const words = this.#words;
    let slot = saving.first(hash);
    while (slot >= 0) {
      const length = this.#lengths[slot] ?? 0;
      if (areWords(words, slot * WORDS_MAX, length, bytes, start, end)) return slot;
      slot = saving.following(slot, hash);
    }
    return -1;
  }

  #put(slot: number, bytes: DataView, start: number, end: number): void {
    const size = this.#saving.capacity * WORDS_MAX;
    if (this.#words.length < size) {
      const words = new Int32Array(size);
      words.set(this.#words);
      this.#words = words;
    }
    this.#lengths[slot] = end - start;
    let w = slot * WORDS_MAX;
    let i = start;
    for (; i + 4 <= end; i += 4) this.#words[w++] = bytes.getInt32(i, true);
    for (; i < end; i++) this.#words[w++] = bytes.getUint8(i);
  }

  /** Units of requests of all names, those included that have no slot any more. */
  get total(): number {
    const { counts, size } = this.#saving;
    let sum = 0;
    for (let slot = 0; slot < size; slot++) sum += counts[slot] ?? 0;
    return sum;
  }

  /** The most that a name certainly had. */
  get greatest(): number {
    let greatest = 0;
    for (let slot = 0; slot < this.#saving.size; slot++) {
      greatest = Math.max(greatest, this.#traffic(slot));
    }
    return greatest;
  }

  #traffic(slot: number): number {
    return (this.#saving.counts[slot] ?? 0) - (this.#saving.errors[slot] ?? 0);
  }

  /** Names that certainly had at least so many units, in no order. */
  atLeast(traffic: number): Candidate[] {
    const found: Candidate[] = [];
    for (let slot = 0; slot < this.#saving.size; slot++) {
      const own = this.#traffic(slot);
      const length = this.#lengths[slot] ?? 0;
      if (own >= traffic && length > 0) found.push({ slot, name: this.#name(slot), traffic: own });
    }
    return found;
  }

  #name(slot: number): string {
    const length = this.#lengths[slot] ?? 0;
    const bytes = new Uint8Array(length);
    const view = viewOf(bytes);
    let w = slot * WORDS_MAX;
    let i = 0;
    for (; i + 4 <= length; i += 4) view.setInt32(i, this.#words[w++] ?? 0, true);
    for (; i < length; i++) bytes[i] = this.#words[w++] ?? 0;
    return utf8.decode(bytes);
  }

  /** The name has a place now. */
  remove(name: string): void {
    const view = viewOf(encoder.encode(name));
    const slot = this.#slotOf(view, 0, view.byteLength, hashOf(view, 0, view.byteLength));
    if (slot < 0) return;
    this.#lengths[slot] = 0;
    this.#saving.counts[slot] = 0;
    this.#saving.errors[slot] = 0;
    this.#saving.relevel();
  }

  /** Leaves this share of all counts. */
  decay(factor: number): void {
    this.#saving.decay(factor);
  }

  snapshot(): SiteCandidatesSnapshot {
    const { size } = this.#saving;
    const names = Array.from({ length: size }, (_, slot) => this.#name(slot));
    return { saving: this.#saving.snapshot(), names };
  }

  /** Takes up a snapshot; only on a new instance. */
  restore({ saving, names }: SiteCandidatesSnapshot): void {
    this.#saving.restore(saving);
    names.forEach((name, slot) => {
      const view = viewOf(encoder.encode(name));
      this.#put(slot, view, 0, view.byteLength);
    });
  }
}
