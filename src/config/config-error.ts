import { printable } from '../text/printable.ts';

/** One thing wrong with the configuration. All texts are safe to print. */
export interface Fault {
  /** The variable, or the file. */
  readonly name: string;
  /** The value as given, cut and escaped; undefined for a secret and for what is missing. */
  readonly value: string | undefined;
  /** Completes "NAME …": `is no duration`. */
  readonly problem: string;
  readonly allowed: string | undefined;
  /** What to write in its place. */
  readonly hint: string | undefined;
  /** Lines that point at the place of the fault within the value. */
  readonly figure?: readonly string[];
}

/** All faults of a configuration at once, so that nobody has to start ten times to find ten. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];

  /** `warnings`: sentences about what may be the cause, a misspelled name first of all. */
  constructor(faults: readonly Fault[], warnings: readonly string[] = []) {
    const count = faults.length === 1 ? 'One setting is' : `${faults.length} settings are`;
    const more = warnings.map((warning) => `\n\n  ${warning}`).join('');
    super(`${count} wrong:\n\n${faults.map(describeFault).join('\n\n')}${more}`);
    this.faults = faults;
  }
}

function describeFault(fault: Fault): string {
  const given = fault.value === undefined ? fault.name : `${fault.name}=${fault.value}`;
  const lines = [`  ${given} ${fault.problem}.`];
  for (const line of fault.figure ?? []) lines.push(`    ${printable(line)}`);
  if (fault.allowed !== undefined) lines.push(`    Allowed: ${fault.allowed}.`);
  if (fault.hint !== undefined) lines.push(`    Try: ${fault.hint}`);
  return lines.join('\n');
}

/** A value for a message: one line, escaped, not longer than a line of text. */
export function shownValue(text: string): string {
  return printable(text, 120);
}
