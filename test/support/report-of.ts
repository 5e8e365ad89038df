import { Writable } from 'node:stream';
import { reportCommand, type ReportArguments } from '../../src/cli/report.ts';
import { loadConfig } from '../../src/config/config.ts';

export interface ReportResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `report` prints, in this process. `columns`: as on a terminal of that width. */
export async function reportOf(
  args: Partial<ReportArguments> & Pick<ReportArguments, 'files'>,
  options: { readonly columns?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ReportResult> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  const { columns, env = {} } = options;
  const stdout = Object.assign(
    sink('stdout'),
    columns === undefined ? {} : { isTTY: true, columns },
  );
  const config = loadConfig({ NO_COLOR: '1', ...env });
  const code = await reportCommand({ json: false, ...args }, config, {
    stdout,
    stderr: sink('stderr'),
  });
  return { code, ...written };
}
