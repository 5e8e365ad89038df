import { join } from 'node:path';
import { debianPackage, hasDebianTools } from './debian-packages.ts';
import { runCommand } from './run-command.ts';

/** How to run a program that the tests need: from unpacked Debian packages, or in a container. */
export type Tool =
  | {
      readonly kind: 'local';
      readonly path: string;
      readonly env: Readonly<Record<string, string>>;
      readonly version: string;
    }
  | { readonly kind: 'docker'; readonly image: string; readonly entrypoint: string };

interface Origin {
  readonly debian: string;
  readonly path: string;
  readonly image?: string;
}

const ORIGINS = {
  nginx: { debian: 'nginx', path: 'usr/sbin/nginx', image: 'nginx:1.28' },
  influxd: { debian: 'influxdb', path: 'usr/bin/influxd', image: 'influxdb:1.12.4' },
  'victoria-metrics': {
    debian: 'victoria-metrics',
    path: 'usr/bin/victoria-metrics',
    image: 'victoriametrics/victoria-metrics:v1.102.0',
  },
  prometheus: { debian: 'prometheus', path: 'usr/bin/prometheus' },
  promtool: { debian: 'prometheus', path: 'usr/bin/promtool' },
  logrotate: { debian: 'logrotate', path: 'usr/sbin/logrotate' },
  mtail: { debian: 'mtail', path: 'usr/bin/mtail' },
  goaccess: { debian: 'goaccess', path: 'usr/bin/goaccess' },
} as const satisfies Record<string, Origin>;

export type ToolName = keyof typeof ORIGINS;

const found = new Map<ToolName, Promise<Tool>>();

/**
 * The program, from Debian's packages where apt is at hand, else from the official image through
 * Docker. TEST_SERVERS=debian or =docker insists on one of them. Where neither can be had this
 * rejects and says what is missing: a test that needs a server never passes without it.
 */
export function findTool(name: ToolName): Promise<Tool> {
  const known = found.get(name);
  if (known !== undefined) return known;
  const fresh = search(name);
  found.set(name, fresh);
  return fresh;
}

async function search(name: ToolName): Promise<Tool> {
  const origin: Origin = ORIGINS[name];
  const only = process.env['TEST_SERVERS'] ?? '';
  const failures: unknown[] = [];
  if (only !== 'docker') {
    try {
      return await fromDebian(origin);
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (only !== 'debian') {
    try {
      return await fromDocker(name, origin);
    } catch (failure) {
      failures.push(failure);
    }
  }
  const reasons = failures.map((failure) => `  - ${describe(failure)}`).join('\n');
  throw new Error(`the tests need ${name} and cannot get it:\n${reasons}`, {
    cause: failures[0],
  });
}

function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const cause = failure.cause instanceof Error ? ` (${failure.cause.message})` : '';
  return failure.message + cause;
}

async function fromDebian(origin: Origin): Promise<Tool> {
  if (!(await hasDebianTools())) {
    throw new Error(
      'there is no apt-get and dpkg-deb here to fetch the Debian package: run on Debian or Ubuntu, or in such a container',
    );
  }
  const unpacked = await debianPackage(origin.debian);
  return {
    kind: 'local',
    path: join(unpacked.root, origin.path),
    env: unpacked.libraryPath === '' ? {} : { LD_LIBRARY_PATH: unpacked.libraryPath },
    version: unpacked.version,
  };
}

async function fromDocker(name: ToolName, origin: Origin): Promise<Tool> {
  if (origin.image === undefined) {
    const local = await runCommand(['sh', '-c', `command -v ${name}`]);
    if (local.code === 0) {
      return { kind: 'local', path: local.stdout.trim(), env: {}, version: 'of the machine' };
    }
    throw new Error(`${name} is not installed and has no official image: install it`);
  }
  const engine = await runCommand(['sh', '-c', 'docker version --format {{.Server.Version}}']);
  if (engine.code !== 0) {
    throw new Error(`no Docker engine answers, so that ${origin.image} cannot be run: start one`);
  }
  const present = await runCommand(['docker', 'image', 'inspect', origin.image]);
  if (present.code !== 0) {
    const pull = await runCommand(['docker', 'pull', '--quiet', origin.image]);
    if (pull.code !== 0) {
      throw new Error(`docker pull ${origin.image} failed: ${pull.output.trim().slice(-500)}`);
    }
  }
  return { kind: 'docker', image: origin.image, entrypoint: name };
}
