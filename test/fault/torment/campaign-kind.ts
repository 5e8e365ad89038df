/** What rotated files are called. */
export type NameStyle = 'shifting' | 'counting' | 'padded' | 'milliseconds' | 'words';

/** What differs from one campaign to the next. */
export interface CampaignKind {
  readonly name: string;
  readonly rewrite: 'always' | 'never';
  readonly windowS: number;
  readonly lateness: string;
  readonly disorderMaxS: number;
  readonly spoolMaxBytes: string;
  readonly mayLoseState: boolean;
  readonly isOnTmpfs: boolean;
  readonly isNginx: boolean;
  /** How many files are written, and whether they feed one log. */
  readonly files: number;
  readonly sharesName: boolean;
  /** There are four sites in the log. */
  readonly maxSites: number;
  readonly names: NameStyle;
}

const USUAL: CampaignKind = {
  name: 'a little disorder',
  rewrite: 'always',
  windowS: 1,
  lateness: '5m',
  disorderMaxS: 5,
  spoolMaxBytes: '1MiB',
  mayLoseState: true,
  isOnTmpfs: false,
  isNginx: false,
  files: 1,
  sharesName: false,
  maxSites: 50,
  names: 'shifting',
};
export const KINDS: readonly CampaignKind[] = [
  { ...USUAL, name: 'much disorder', disorderMaxS: 200, windowS: 1 },
  { ...USUAL, name: 'a small disk', isOnTmpfs: true, mayLoseState: false, windowS: 2 },
  { ...USUAL, name: 'real nginx', isNginx: true },
  {
    ...USUAL,
    name: 'never rewritten',
    rewrite: 'never',
    lateness: '4s',
    disorderMaxS: 1,
    mayLoseState: false,
  },
  { ...USUAL, windowS: 2 },
  { ...USUAL, name: 'three logs', files: 3 },
  { ...USUAL, name: 'two files of one log', files: 2, sharesName: true },
  { ...USUAL, name: 'names that count up', names: 'counting' },
  { ...USUAL, name: 'padded names that count up', names: 'padded', windowS: 10 },
  { ...USUAL, name: 'names that are times', names: 'milliseconds' },
  { ...USUAL, name: 'names that are words', names: 'words' },
  { ...USUAL, name: 'more sites than MAX_SITES', maxSites: 2, mayLoseState: false },
];
