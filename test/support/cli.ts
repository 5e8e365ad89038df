import { join } from 'node:path';
import { PROJECT_ROOT } from './project.ts';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.ts';

/** Variables of this environment that a meter in a test needs; its settings come from the test alone. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'NODE_OPTIONS', 'NODE_V8_COVERAGE'];

export interface MeterOptions extends Omit<CommandOptions, 'env' | 'cwd'> {
  /** Working folder: where `.env` and a relative STATE_DIR are. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the sources. */
  readonly program?: string;
}

const MAIN = join(PROJECT_ROOT, 'src/main.ts');

/** `nginx-meter WORDS` as a process of its own, to its end. */
export function runMeter(
  words: readonly string[],
  { env, program = MAIN, ...options }: MeterOptions,
): Promise<CommandResult> {
  const cleared = Object.keys(process.env)
    .filter((name) => !KEPT.includes(name))
    .map((name) => [name, undefined]);
  return runCommand([process.execPath, program, ...words], {
    timeoutMs: 60_000,
    ...options,
    env: { ...Object.fromEntries(cleared), ...env },
  });
}
