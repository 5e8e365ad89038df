/** A table of src/parse that looks up rows of spans. */
interface RowTable {
  readonly spans: Int32Array;
  readonly found: Int32Array;
  findRows(bytes: Uint8Array, rows: number, isNew: (slot: number) => void): number;
}

/** The slot of one key, `bytes[start, end)`; `isNew` is called if it was not in the table. */
export function slotOf(
  table: RowTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  isNew: (slot: number) => void = () => {},
): number {
  table.spans.set([start, end]);
  table.findRows(bytes, 1, isNew);
  return table.found[0] ?? -1;
}
