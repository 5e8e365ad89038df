import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, type CommandResult } from './run-command.ts';
import { findTool } from './tools.ts';

/**
 * Runs the real logrotate once with a state file of its own, `config` being the text of its
 * configuration. `force` rotates whatever the criteria say. Rejects when logrotate reports an error.
 */
export async function runLogrotate(options: {
  readonly dir: string;
  readonly config: string;
  readonly force?: boolean;
}): Promise<CommandResult> {
  const tool = await findTool('logrotate');
  if (tool.kind !== 'local') throw new Error('logrotate does not run in a container');
  const configPath = join(options.dir, 'logrotate.conf');
  writeFileSync(configPath, options.config);
  chmodSync(configPath, 0o600); // it refuses a configuration that others may write
  const argv = [tool.path, '--verbose', '--state', join(options.dir, 'logrotate.state')];
  if (options.force ?? true) argv.push('--force');
  const result = await runCommand([...argv, configPath], { env: tool.env, cwd: options.dir });
  if (result.code !== 0) throw new Error(`logrotate: exit ${result.code}\n${result.output}`);
  return result;
}
