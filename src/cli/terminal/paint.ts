import { printable } from '../../text/printable.ts';

/** Colours on a terminal (ECMA-48, "select graphic rendition"), and text of strangers made safe for one. */
export const BOLD = 1;
export const DIM = 2;
export const RED = 31;
export const YELLOW = 33;
/** From here on a share of 5xx is red. */
export const RED_FROM = 0.01;

/** The text with a style around it, or as it is where there are no colours. */
export type Paint = (style: number, text: string) => string;

const CHARACTERS_MAX = 300;

export function safe(text: string): string {
  return printable(text, CHARACTERS_MAX);
}
