/**
 * The tests that need no process of their own, in one process more than there are cores (some wait for
 * the disk): to start one for each file takes longer than the tests do. Use: npm run test:unit [-- OPTION OF node --test …].
 *
 * Says little when all is well. The whole output of a process in which a test failed comes at the end.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

const FILES = 'test/{unit,property,golden}/**/*.test.ts';
const PROCESSES_MAX = 4;

interface Share {
  readonly code: number;
  readonly output: string;
  readonly tests: number;
}

/** The tests of every `of`-th file, in one process. */
function runShare(share: number, of: number, options: readonly string[]): Promise<Share> {
  const flags = ['--test', '--test-isolation=none', `--test-shard=${share}/${of}`];
  const child = spawn(process.execPath, [...flags, ...options, FILES], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const tests = Number(/^(?:ℹ|#) tests (\d+)$/m.exec(output)?.[1] ?? 0);
      resolve({ code: code ?? 1, output, tests });
    });
  });
}

const startedMs = performance.now();
const count = Math.min(availableParallelism() + 1, PROCESSES_MAX);
const shares = await Promise.all(
  Array.from({ length: count }, (_, index) => runShare(index + 1, count, process.argv.slice(2))),
);
const failed = shares.filter(({ code }) => code !== 0);
for (const { output } of failed) process.stdout.write(output);
const tests = shares.reduce((sum, share) => sum + share.tests, 0);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
console.log(
  `${tests} tests in ${count} processes, ${seconds} s: ${failed.length === 0 ? 'all passed' : 'not all passed, see above'}.`,
);
if (failed.length > 0 || tests === 0) process.exitCode = 1;
