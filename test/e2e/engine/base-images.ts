import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackage } from '../../support/debian-packages.ts';
import { runCommand } from '../../support/run-command.ts';
import { addInfluxdb, addMachine, addNginx, addNode } from './root-files.ts';

/**
 * The images that the Dockerfile and the compose files begin with. They are pulled where a registry
 * answers. Elsewhere stand-ins take their names: Debian's own nginx and InfluxDB, which are older than
 * the official ones, with users, entrypoints and a first start as the compose files count on them. There
 * is no stand-in for Grafana.
 *
 * A stand-in proves nothing about the official image. What it lets us test is what is ours: the
 * Dockerfile, the compose files, and the meter among the others.
 */
export type Environment = Readonly<Record<string, string>>;

interface StandIn {
  readonly packages: readonly string[];
  /** In the words of a Dockerfile, of which `docker import` knows a few. */
  readonly changes: readonly string[];
  /** Writes what no package brings, below a folder that becomes the root. */
  readonly addFiles: (root: string) => void | Promise<void>;
}

const PULL_DEADLINE_MS = 60_000;
const IMPORT_DEADLINE_MS = 3 * 60_000;

/** What the scripts in the images and the tests call. */
const TOOLS = ['dash', 'bash', 'coreutils', 'grep', 'sed', 'findutils', 'gzip', 'tar', 'mawk'];
const BASE = [...TOOLS, 'hostname', 'libc-bin', 'libstdc++6', 'curl'];

const STAND_INS: Readonly<Record<string, StandIn>> = {
  'node:24-bookworm-slim': { packages: [], changes: ['CMD ["node"]'], addFiles: addNode },
  'nginx:1.28': {
    packages: ['nginx'],
    changes: [
      'ENTRYPOINT ["/docker-entrypoint.sh"]',
      'CMD ["nginx", "-g", "daemon off;"]',
      'EXPOSE 80',
    ],
    addFiles: addNginx,
  },
  'influxdb:1.12.4': {
    packages: ['influxdb', 'influxdb-client'],
    changes: [
      'ENTRYPOINT ["/entrypoint.sh"]',
      'CMD ["influxd"]',
      'EXPOSE 8086',
      'VOLUME /var/lib/influxdb',
    ],
    addFiles: addInfluxdb,
  },
};

/** Sees to it that the engine of `env` has all of them. */
export async function addBaseImages(env: Environment): Promise<void> {
  let canPull = true;
  for (const [image, standIn] of Object.entries(STAND_INS)) {
    const found = await runCommand(['docker', 'image', 'inspect', image], { env });
    if (found.code === 0) continue;
    if (canPull) {
      const pull = ['docker', 'pull', '--quiet', image];
      canPull = (await runCommand(pull, { env, timeoutMs: PULL_DEADLINE_MS })).code === 0;
    }
    if (!canPull) await importStandIn(image, standIn, env);
  }
}

async function importStandIn(image: string, standIn: StandIn, env: Environment): Promise<void> {
  const [first = '', ...more] = [...standIn.packages, ...BASE];
  const { root } = await debianPackage(first, { with: more, isRoot: true });
  const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-image-'));
  const [own, archive] = [join(folder, 'root'), join(folder, 'root.tar')];
  try {
    await must(['cp', '--archive', root, own], env);
    addMachine(own);
    await standIn.addFiles(own);
    const owner = ['--numeric-owner', '--owner=0', '--group=0'];
    await must(['tar', ...owner, '-cf', archive, '-C', own, '.'], env);
    const changes = standIn.changes.flatMap((change) => ['--change', change]);
    await must(['docker', 'import', ...changes, archive, image], env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function must(argv: readonly string[], env: Environment): Promise<void> {
  const { code, output } = await runCommand(argv, { env, timeoutMs: IMPORT_DEADLINE_MS });
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}\n${output.slice(-2000)}`);
}
