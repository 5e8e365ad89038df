/**
 * Names for the logs of a configuration: the server's where one server alone writes a file, else the
 * file's. The order of the logs decides who keeps a name that two would have.
 */
import { basename } from 'node:path';
import type { AccessLog } from './access-logs.ts';

const NAME_LENGTH_MAX = 64;

/** By path. `fileName`: what a file is called that no name was given for. */
export function nameLogs(
  logs: readonly Pick<AccessLog, 'path' | 'servers'>[],
  fileName: (base: string) => string,
): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { path, servers } of logs) {
    const file = usable(fileName(basename(path)));
    const [server = ''] = servers;
    const name = servers.length === 1 ? usable(server.replaceAll('*', 'any')) : '';
    const wanted = name === '' ? file : name;
    const candidates = [wanted, name === '' ? '' : `${name}-${file}`].map(usable);
    let free = candidates.find((one) => one !== '' && !taken.has(one));
    for (let i = 2; free === undefined; i++) {
      const next = usable(`${wanted.slice(0, NAME_LENGTH_MAX - 5)}-${i}`);
      if (!taken.has(next)) free = next;
    }
    taken.add(free);
    names.set(path, free);
  }
  return names;
}

/** What may stand before the = in LOG_PATHS; '' when nothing of it may. */
function usable(name: string): string {
  return name
    .replace(/[^A-Za-z0-9._-]+/gu, '-')
    .replace(/^[^A-Za-z0-9]+/u, '')
    .slice(0, NAME_LENGTH_MAX);
}
