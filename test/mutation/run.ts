/**
 * Plants faults into a copy of the tree, one at a time, and sees whether the nearest tests notice:
 *   npm run test:mutation [-- FILE…]      MUTANTS=100 (drawn by chance), SEED=1
 * Prints each mutant that lived, and the share that died. Not part of CI: it takes hours for all.
 */
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { SeededRandom } from '../fault/torment/seeded-random.ts';
import { type Mutant, mutantsOf, planted } from './mutants.ts';
import { nearestTests, ROOMS } from './nearest-tests.ts';

interface Fault extends Mutant {
  readonly file: string;
}

const MUTANTS = Number(process.env['MUTANTS'] ?? 100);
const SEED = Number(process.env['SEED'] ?? 1);
/** A loop without end is noticed too. */
const TIMEOUT_MS = 60_000;

function copyOfTree(): string {
  const tree = mkdtempSync(join(tmpdir(), 'nginx-meter-mutants-'));
  for (const name of ['src', 'test', 'scripts', 'package.json', 'tsconfig.json'])
    cpSync(join(PROJECT_ROOT, name), join(tree, name), { recursive: true });
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

function allFaults(files: readonly string[]): Fault[] {
  return files.flatMap((file) =>
    mutantsOf(readFileSync(join(PROJECT_ROOT, file), 'utf8')).map((mutant) => ({
      ...mutant,
      file,
    })),
  );
}

function drawn(faults: readonly Fault[], count: number): Fault[] {
  const random = new SeededRandom(SEED);
  const rest = [...faults];
  const taken: Fault[] = [];
  while (taken.length < count && rest.length > 0)
    taken.push(...rest.splice(random.between(0, rest.length - 1), 1));
  return taken;
}

async function isKilled(tree: string, fault: Fault): Promise<boolean> {
  for (const tests of nearestTests(tree, fault.file)) {
    const { code } = await runCommand(
      [process.execPath, '--test', '--test-force-exit', `--test-timeout=${TIMEOUT_MS}`, ...tests],
      { cwd: tree, timeoutMs: 2 * TIMEOUT_MS },
    );
    if (code !== 0) return true;
  }
  return false;
}

const given = process.argv.slice(2);
const files =
  given.length > 0
    ? given
    : Object.keys(ROOMS).flatMap((room) => globSync(`src/${room}/**/*.ts`, { cwd: PROJECT_ROOT }));
const all = allFaults(files.toSorted());
const tree = copyOfTree();
let killed = 0;
const faults = drawn(all, MUTANTS);
console.log(`${faults.length} of ${all.length} mutants of ${files.length} files, SEED=${SEED}`);
try {
  for (const [i, fault] of faults.entries()) {
    const original = readFileSync(join(PROJECT_ROOT, fault.file), 'utf8');
    writeFileSync(join(tree, fault.file), planted(original, fault));
    if (await isKilled(tree, fault)) killed++;
    else console.log(`lived: ${fault.file}:${fault.line}  ${fault.what}`);
    writeFileSync(join(tree, fault.file), original);
    if ((i + 1) % 20 === 0) console.log(`${killed} of ${i + 1} killed`);
  }
} finally {
  rmSync(tree, { recursive: true, force: true });
}
console.log(
  `${killed} of ${faults.length} killed, ${((100 * killed) / faults.length).toFixed(1)} %`,
);
