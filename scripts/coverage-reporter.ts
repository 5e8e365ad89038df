/**
 * Reporter of `node --test --experimental-test-coverage`: how many lines of src/ the tests ran, and
 * exit code 1 when it is less than LINES_MIN of a hundred.
 *
 * Node leaves out what no test has loaded, and would call a file that nobody tests covered. Here its
 * lines count as not run, unless it holds types alone.
 */
import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const LINES_MIN = 90;
const SHOWN = 10;

/** The events of node:test that are read here. */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly summary?: {
      readonly files: readonly {
        readonly path: string;
        readonly totalLineCount: number;
        readonly coveredLineCount: number;
      }[];
    };
  };
}

interface Covered {
  readonly path: string;
  readonly lines: number;
  readonly run: number;
}

// oxlint-disable-next-line import/no-default-export -- node --test wants a reporter as one
export default async function* coverage(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, Covered>();
  for await (const { type, data } of events) {
    if (type !== 'test:coverage') continue;
    for (const { path: absolute, totalLineCount, coveredLineCount } of data.summary?.files ?? []) {
      const path = relative(process.cwd(), absolute);
      files.set(path, { path, lines: totalLineCount, run: coveredLineCount });
    }
  }
  for (const path of globSync('src/**/*.ts')) {
    if (!files.has(path)) files.set(path, { path, lines: codeLines(path), run: 0 });
  }
  const all = [...files.values()].filter(({ lines, path }) => lines > 0 && path.startsWith('src/'));
  const lines = all.reduce((sum, file) => sum + file.lines, 0);
  const run = all.reduce((sum, file) => sum + file.run, 0);
  const share = lines === 0 ? 0 : (100 * run) / lines;
  const missed = all
    .map((file) => ({ path: file.path, lines: file.lines - file.run }))
    .filter((file) => file.lines > 0)
    .toSorted((a, b) => b.lines - a.lines);
  yield `\nLines of src/ that no test ran, by file, the ${SHOWN} with most:\n`;
  for (const file of missed.slice(0, SHOWN))
    yield `${String(file.lines).padStart(6)}  ${file.path}\n`;
  yield `coverage ${share.toFixed(2)} % of ${lines} lines of src/\n`;
  if (share >= LINES_MIN) return;
  yield `The tests ran less than ${LINES_MIN} % of the lines of src/. Test what is listed above.\n`;
  process.exitCode = 1;
}

/** Lines of a file that no test has loaded; 0 where it holds types alone. */
function codeLines(path: string): number {
  const text = readFileSync(path, 'utf8');
  const hasCode = /^(?:export )?(?:const|let|function|async|class|abstract|await)\b/m.test(text);
  return hasCode ? text.split('\n').length : 0;
}
