import { fileURLToPath } from 'node:url';

/** The checkout's root, absolute, without a trailing slash. */
export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
