/**
 * Durations and sizes as people write them: `250ms`, `10s`, `5m`, `1h`; `4096`, `10MB`, `256MiB`.
 * A duration without a unit is refused, because nobody agrees on what `10` would mean; a size
 * without a unit is bytes.
 */

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** SI prefixes are powers of ten, IEC prefixes powers of two; keys are in lower case. */
const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const QUANTITY = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i;

function parseQuantity(
  text: string,
  units: Readonly<Record<string, number>>,
  fold: boolean,
): number | undefined {
  const match = QUANTITY.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2] ?? '';
  const factor = units[fold ? unit.toLowerCase() : unit];
  if (factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whole milliseconds, or undefined if `text` is no duration. A lone `0` needs no unit. */
export function parseDurationMs(text: string): number | undefined {
  return text.trim() === '0' ? 0 : parseQuantity(text, MS_PER_UNIT, false);
}

/** Whole bytes, or undefined if `text` is no size. */
export function parseSizeBytes(text: string): number | undefined {
  return parseQuantity(text, BYTES_PER_UNIT, true);
}

/** The shortest exact way to write it: `250ms`, `90s`, `5m`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms % 1000 !== 0) return `${ms}ms`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`;
}

/** The shortest exact way to write it: `256MiB`, `10MB`, `4096`. */
export function formatSize(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB', 'TB', 'GB', 'MB', 'kB']) {
    const factor = BYTES_PER_UNIT[unit.toLowerCase()] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}`;
}
