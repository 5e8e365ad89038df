import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from './debian-packages.ts';
import { runCommand, type CommandResult } from './run-command.ts';

/**
 * arm64 programs on a machine that is none, by QEMU: a tree of Debian's arm64 packages, and a user
 * namespace of our own in which Linux hands arm64 programs to QEMU. Nothing is registered on the machine
 * itself: since Linux 6.7 a user namespace has a list of its own. Needs root, for the users of the files.
 */

/** What the RUN steps of the Dockerfile call, and the libraries of Node. */
const TOOLS = ['bash', 'coreutils', 'grep', 'sed', 'findutils', 'libc-bin', 'libstdc++6'];

/** An ELF file for arm64, and which bits of the header count: as QEMU's own packages register it. */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

const LIST = '/proc/sys/fs/binfmt_misc';
const DEADLINE_MS = 120_000;

/** Copies what a Debian for arm64 has, without Node. */
export async function copyArm64Debian(into: string): Promise<void> {
  const { root } = await debianPackage('dash', { architecture: 'arm64', with: TOOLS });
  const { code, output } = await runCommand(['cp', '-a', `${root}/.`, into]);
  if (code !== 0) throw new Error(output);
}

export class EmulatedArm64 {
  readonly #folder: string;
  readonly #qemu: string;

  private constructor(folder: string, qemu: string) {
    this.#folder = folder;
    this.#qemu = qemu;
  }

  /** `folder` is for helpers. */
  static async define(folder: string): Promise<EmulatedArm64> {
    const { root } = await debianPackage('qemu-user-static');
    // unshare has the users of the namespace set by these two, which come with a package of its own.
    for (const kind of ['uid', 'gid']) {
      const helper = join(folder, `new${kind}map`);
      writeFileSync(helper, `#!/bin/sh\necho "$2 $3 $4" >"/proc/$1/${kind}_map"\n`);
      chmodSync(helper, 0o755);
    }
    return new EmulatedArm64(folder, join(root, 'usr/bin/qemu-aarch64-static'));
  }

  /** A program with `root` as its root, as a user, in an environment that is `env` alone. */
  run(
    root: string,
    argv: readonly string[],
    { env = {}, user = '0:0' }: { env?: Readonly<Record<string, string>>; user?: string } = {},
  ): Promise<CommandResult> {
    mkdirSync(join(root, 'dev'), { recursive: true });
    // F: QEMU is opened now, so that it is found whatever the root is.
    const register = `:arm64:M::${MAGIC}:${MASK}:${this.#qemu}:F`;
    const script = [
      'set -eu',
      'root=$1; shift',
      `mount -t binfmt_misc none ${LIST}`,
      `printf %s '${register}' >${LIST}/register`,
      'mount --rbind /dev "$root/dev"',
      'exec env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin "$@"',
    ].join('\n');
    const users = ['--map-users=0,0,65536', '--map-groups=0,0,65536'];
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const chroot = ['/usr/sbin/chroot', `--userspec=${user}`, root];
    return runCommand(
      ['unshare', '--user', ...users, '--mount', 'sh', '-c', script, 'sh', root].concat(
        variables,
        chroot,
        argv,
      ),
      { env: { PATH: `${this.#folder}:${process.env['PATH']}` }, timeoutMs: DEADLINE_MS },
    );
  }
}
