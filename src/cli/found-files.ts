import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { unreadableText } from '../source/file/path-inspection.ts';

/** Each file once, by whatever path it is given; undefined when one is not there. */
export async function findFiles(
  paths: readonly string[],
  logger: Pick<Logger, 'warn' | 'fatal'>,
): Promise<{ paths: string[]; totalBytes: number } | undefined> {
  const found = new Map<string, string>();
  let totalBytes = 0;
  for (const path of paths) {
    try {
      const { dev, ino, size } = await stat(path, { bigint: true });
      const file = `${dev}:${ino}`;
      const first = found.get(file);
      if (first === undefined) {
        found.set(file, path);
        totalBytes += Number(size);
      } else {
        logger.warn(
          `${path} is the same file as ${first}, which was given before, and is read once.`,
        );
      }
    } catch (error) {
      logger.fatal(unreadableText(path, error));
      return undefined;
    }
  }
  return { paths: [...found.values()], totalBytes };
}
