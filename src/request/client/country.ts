/**
 * Countries as numbers: ISO 3166-1's two letters, 1 … 676, and 0 for none. Which of them exist is the
 * database's business.
 */
const LETTERS = 26;
const LETTER_A = 0x41;
export const COUNTRY_CODES = LETTERS * LETTERS + 1;

/** What tells the country of an address; the file behind it may be replaced at any time. */
export interface CountryTable {
  /** Changes when answers may have changed. */
  readonly version: number;
  /** The number of the country, 0 where it is not known; IPv4 within IPv6 is given as IPv4. */
  numberOf(address: string): number;
}

/** 0 for what is not two capital letters. */
export function countryNumber(code: unknown): number {
  if (typeof code !== 'string' || !/^[A-Z]{2}$/.test(code)) return 0;
  return (code.charCodeAt(0) - LETTER_A) * LETTERS + (code.charCodeAt(1) - LETTER_A) + 1;
}

/** The letters of a number from 1 on. */
export function countryOf(number: number): string {
  const first = Math.floor((number - 1) / LETTERS);
  return String.fromCharCode(LETTER_A + first, LETTER_A + ((number - 1) % LETTERS));
}
