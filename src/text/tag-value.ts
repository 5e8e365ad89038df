/**
 * The one form in which text from clients becomes a tag value. It stands here, left of the encoder,
 * because two names that would be written alike must be *counted* as one: two points with the same
 * key would overwrite each other.
 *
 * Rules (tried on InfluxDB 1.6.7): a backslash at the end of a tag value swallows the next tag, line
 * breaks end the point, an empty value is refused, invalid UTF-8 makes InfluxDB 3 refuse the body.
 */
export const TAG_VALUE_BYTES_MAX = 200;
export const NO_VALUE = '-';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
// Control characters of C0 and C1, DEL, the line and paragraph separators, and the bidirectional
// marks that would let a name rewrite the line it is printed on; the backslash.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\\]/gu;

/** Text as a tag value: safe characters, 1 to 200 bytes of valid UTF-8, never with spaces at its ends. */
export function tagValue(text: string): string {
  const safe = text.toWellFormed().replace(UNSAFE, '_').trim();
  if (safe === '') return NO_VALUE;
  if (safe.length * 3 <= TAG_VALUE_BYTES_MAX) return safe;
  const bytes = encoder.encode(safe);
  if (bytes.length <= TAG_VALUE_BYTES_MAX) return safe;
  let end = TAG_VALUE_BYTES_MAX;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end)).trim();
}
