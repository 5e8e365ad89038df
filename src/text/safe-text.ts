/**
 * Control characters (C0, DEL, C1), line and paragraph separators and the marks that turn the
 * direction of text round: none of them may reach a terminal or a dashboard from a request.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text of strangers made fit for a string field, a file or a message: `_` for control characters,
 * valid UTF-8, at most `bytesMax` bytes, cut between characters.
 */
export function safeText(text: string, bytesMax: number): string {
  // A character has at least one byte, so what lies beyond that many units is cut in any case.
  const safe = text.slice(0, bytesMax).toWellFormed().replace(UNSAFE, '_');
  const bytes = Buffer.from(safe);
  if (bytes.length <= bytesMax) return safe;
  let end = bytesMax;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
