#!/usr/bin/env node
/**
 * The program's entry: is this Node new enough, which command, which exit code. Everything else is
 * imported only once the version is known, because an older Node could not even load it.
 */
import { setFlagsFromString } from 'node:v8';

// What dies young here is small: a batch of points every few seconds. Left alone, V8 doubles the space
// for it several times; at its first size a fifth less memory is resident, and no run was slower.
setFlagsFromString('--semi-space-growth-factor=1');

const NODE_MIN = [22, 22];

/** 0 well, 1 failed, 2 wrong words or settings, 70 (EX_SOFTWARE of sysexits.h) a fault of ours. */
const EXIT_FAULT = 70;

function isNodeTooOld(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [majorMin = 0, minorMin = 0] = NODE_MIN;
  return major < majorMin || (major === majorMin && minor < minorMin);
}

function die(error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // A message may quote what a stranger sent; of its control characters only line feeds pass.
  const safe = text.replace(/[^\n\P{Cc}]/gu, '?');
  process.stderr.write(`nginx-meter: a fault of the program itself, please report it.\n${safe}\n`);
  process.exit(EXIT_FAULT);
}

if (isNodeTooOld()) {
  process.stderr.write(
    `nginx-meter needs Node ${NODE_MIN.join('.')} or newer, and this is ${process.versions.node}. ` +
      'In a checkout `npm run -s meter --` takes the Node that npm ci brought along.\n',
  );
  process.exitCode = 1;
} else {
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  // `nginx-meter … | head` closes the pipe, which is no fault; a full disk is not the program's.
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(
      `nginx-meter: standard output cannot be written (${error.message}). ` +
        'Make room where it goes, or send it elsewhere.\n',
    );
    process.exit(1);
  });
  import('./cli/dispatch.ts')
    .then(async ({ dispatch }) => {
      process.exitCode = await dispatch(process.argv.slice(2));
    })
    .catch(die);
}
