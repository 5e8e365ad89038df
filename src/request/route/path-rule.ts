/**
 * Patterns for paths, as in ROUTES and IGNORE: `/shop/:category/:item`, `/api/*`, `/*.php`.
 *
 * `:name` stands for one segment, `*` at the end for all that follows (also for nothing), a `*`
 * elsewhere for one segment or a part of it. Letters count as they are; a slash at the end does not.
 * Patterns look at decoded segments, see request-path.ts.
 */
import { PATH_SEGMENTS_MAX, type RequestPath } from '../request-path.ts';
import { ROUTE_BYTES_MAX } from './route-template.ts';

/** Says what is wrong with a rule, and how to write it, as whole sentences. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

interface SegmentPattern {
  /** The literal pieces between the `*`; one piece: no `*`. Undefined: any segment. */
  readonly pieces: readonly Uint8Array[] | undefined;
}

export interface PathRule {
  /** As it was written; the name of the route. */
  readonly text: string;
  readonly segments: readonly SegmentPattern[];
  /** Ends in `/*`: whatever follows. */
  readonly isOpen: boolean;
}

const encoder = new TextEncoder();

/** Throws RuleError. */
export function readPathRule(text: string): PathRule {
  const refuse = (what: string): never => {
    throw new RuleError(
      `The pattern ${JSON.stringify(text)} ${what}. Write it like /shop/:category/:item or /api/*.`,
    );
  };
  if (!text.startsWith('/')) refuse('does not begin with a slash');
  if (/[?#]/u.test(text)) refuse('has a query or a fragment, but only paths are compared');
  if (/[\u0000-\u001f\u007f\\]/u.test(text)) refuse('has a control character or a backslash');
  if (/\s/u.test(text)) refuse('has a space');
  if (encoder.encode(text).length > ROUTE_BYTES_MAX) refuse(`is over ${ROUTE_BYTES_MAX} bytes`);
  const words = text.split('/').filter((word) => word !== '');
  const isOpen = words.at(-1) === '*';
  if (isOpen) words.pop();
  if (words.length > PATH_SEGMENTS_MAX) refuse(`has more than ${PATH_SEGMENTS_MAX} segments`);
  const segments = words.map((word): SegmentPattern => {
    if (word === '*' || /^:\w+$/u.test(word)) return { pieces: undefined };
    if (word.startsWith(':')) refuse(`has the name ${word}, which is not made of letters alone`);
    return { pieces: word.split('*').map((piece) => encoder.encode(piece)) };
  });
  return { text, segments, isOpen };
}

/** Index of the first rule that fits, or -1. A target without a path fits none. */
export function firstMatch(rules: readonly PathRule[], path: RequestPath): number {
  if (!path.isPath) return -1;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule !== undefined && fits(rule, path)) return i;
  }
  return -1;
}

function fits({ segments, isOpen }: PathRule, path: RequestPath): boolean {
  if (path.length < segments.length) return false;
  if (!isOpen && (path.length > segments.length || path.isCut)) return false;
  for (let i = 0; i < segments.length; i++) {
    const pieces = segments[i]?.pieces;
    if (pieces === undefined) continue;
    if (!fitsPieces(pieces, path.bytes, path.starts[i] ?? 0, path.ends[i] ?? 0)) return false;
  }
  return true;
}

/** The first piece at the beginning, the last at the end, the others in order between them. */
function fitsPieces(
  pieces: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const first = pieces[0] ?? new Uint8Array(0);
  if (!isAt(first, bytes, start, end)) return false;
  let at = start + first.length;
  if (pieces.length === 1) return at === end;
  for (let i = 1; i < pieces.length - 1; i++) {
    const piece = pieces[i] ?? first;
    while (at <= end - piece.length && !isAt(piece, bytes, at, end)) at++;
    at += piece.length;
    if (at > end) return false;
  }
  const last = pieces.at(-1) ?? first;
  return at <= end - last.length && isAt(last, bytes, end - last.length, end);
}

function isAt(piece: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (at + piece.length > end) return false;
  for (let i = 0; i < piece.length; i++) {
    if (piece[i] !== bytes[at + i]) return false;
  }
  return true;
}
