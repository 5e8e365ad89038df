import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './project.ts';

/** Folders of test/nginx-conf, each in the manner of one distribution of nginx. */
export type NginxConfSample = 'official' | 'debian' | 'ingress' | 'proxy-manager';

/**
 * Copies a sample into `dir`, where its /etc/nginx becomes `dir` and its logs go to `dir/logs`.
 * Returns the path of nginx.conf.
 */
export function copySample(sample: NginxConfSample, dir: string): string {
  cpSync(join(PROJECT_ROOT, 'test/nginx-conf', sample), dir, { recursive: true });
  mkdirSync(join(dir, 'logs'), { recursive: true });
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dir, name);
    if (!statSync(path).isFile()) continue;
    const text = readFileSync(path, 'utf8')
      .replaceAll('/etc/nginx', dir)
      .replaceAll('/var/log/nginx', join(dir, 'logs'))
      .replaceAll(/\/(?:(?:var\/)?run|tmp\/nginx)\/nginx.pid/g, join(dir, 'nginx.pid'));
    writeFileSync(path, text);
  }
  return join(dir, 'nginx.conf');
}
