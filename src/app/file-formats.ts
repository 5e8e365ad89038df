import { basename, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { possibleBases } from '../source/disk/rotated-name.ts';
import type { NginxLogs } from './nginx-logs.ts';

/**
 * Which formats the lines of a file that somebody names may have: with LOG_FORMAT that one; else what
 * NGINX_CONF says of that file, of the log whose rotated file it is, or of any log, and all that is
 * known besides.
 */
export function formatsOfFile(
  config: Config,
  nginx: NginxLogs | undefined,
  path: string,
): string | readonly string[] {
  const isSet = config.shown.some(({ name, isDefault }) => name === 'LOG_FORMAT' && !isDefault);
  if (isSet || nginx === undefined) return config.logFormat;
  const texts = (logs: NginxLogs['found']) =>
    logs.flatMap(({ formats }) => formats.map(({ text }) => text));
  const own = nginx.found.filter((log) => log.path === resolve(path));
  const names = [basename(path), ...possibleBases(basename(path))];
  const sameName = nginx.found.filter((log) => names.includes(basename(log.path)));
  const first = own.length > 0 ? own : sameName;
  const all = new Set([...texts(first), ...texts(nginx.found), config.logFormat]);
  const usable = [...all].filter((text) => text !== 'auto' || text === config.logFormat);
  return own.length > 0 ? [...new Set(texts(own))] : usable;
}
