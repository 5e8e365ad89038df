import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
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

/** Takes all the room but so many blocks; whoever else writes there may have taken some of it already. */
export function fillDisk(path: string, folder: string, leaveBlocks: number): void {
  const { bavail, bsize } = statfsSync(folder);
  try {
    writeFileSync(path, Buffer.alloc(Math.max(0, bavail - leaveBlocks) * bsize));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
