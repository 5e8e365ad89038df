/**
 * What every log should have, and the presets with what they lack of it at their end: what
 * format-advice.ts advises. `auto` knows them too, so that advice that was taken needs no setting.
 */
import { readFormatText } from '../format/format-text.ts';
import { PRESETS } from '../format/presets.ts';
import { FAMILY_BYTES_IN, FAMILY_SITE, FAMILY_TIME } from '../record-batch.ts';

export interface Wanted {
  readonly variable: string;
  readonly about: string;
  /** The bit of the family that says that lines have it, where there is one. */
  readonly family: number;
  /** What a text gets at its end; a JSON object gets the variable's name as key. */
  readonly addition: string;
  /** Other variables that do as well. */
  readonly or?: readonly string[];
}

/** In the order in which they are added. */
export const WANTED: readonly Wanted[] = [
  {
    variable: 'request_time',
    or: ['request_time_ms'],
    about: 'latency',
    family: FAMILY_TIME,
    addition: ' rt=$request_time',
  },
  {
    variable: 'request_length',
    about: 'bytes received',
    family: FAMILY_BYTES_IN,
    addition: ' len=$request_length',
  },
  {
    variable: 'server_name',
    about: 'which site',
    family: FAMILY_SITE,
    addition: ' site="$server_name"',
    or: ['host', 'http_host'],
  },
  { variable: 'upstream_addr', about: 'upstreams', family: 0, addition: ' ua="$upstream_addr"' },
  {
    variable: 'upstream_status',
    about: 'their errors',
    family: 0,
    addition: ' us="$upstream_status"',
  },
  {
    variable: 'upstream_response_time',
    about: 'their latency',
    family: 0,
    addition: ' ut="$upstream_response_time"',
  },
];

/** Whether a format with these variables lacks it. */
export function isLacking({ variable, or }: Wanted, variables: readonly string[]): boolean {
  return ![variable, ...(or ?? [])].some((one) => variables.includes(one));
}

/** Named after the preset: `combined-meter`. No line has the form of two of them, or of a preset too. */
export const ADVISED_FORMATS: readonly { readonly name: string; readonly text: string }[] =
  PRESETS.flatMap(({ name, text }) => {
    const variables = readFormatText(text).elements.flatMap((element) =>
      element.kind === 'literal' ? [] : [element.name],
    );
    const missing = WANTED.filter((wanted) => isLacking(wanted, variables));
    if (missing.length === 0) return [];
    return [
      { name: `${name}-meter`, text: text + missing.map(({ addition }) => addition).join('') },
    ];
  });
