import { mkdirSync } from 'node:fs';
import { runCommand } from '../../support/run-command.ts';

export async function mount(words: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(['mount', ...words]);
  if (code !== 0) throw new Error(`mount ${words.join(' ')}: ${output}`);
}

/** A small file system of its own for STATE_DIR. */
export async function mountTmpfs(folder: string, size: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await mount(['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder]);
}

export async function unmount(folder: string): Promise<void> {
  await runCommand(['umount', '--lazy', folder]);
}

/** Whether this user may mount; without, the torments of the disk cannot be had. */
export async function canMount(folder: string): Promise<boolean> {
  try {
    await mountTmpfs(folder, '64k');
  } catch {
    return false;
  }
  await unmount(folder);
  return true;
}
