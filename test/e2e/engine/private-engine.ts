import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackage, hasDebianTools } from '../../support/debian-packages.ts';
import { PROJECT_ROOT } from '../../support/project.ts';
import { runCommand } from '../../support/run-command.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { addBaseImages } from './base-images.ts';

/**
 * A Docker engine of the tests' own for a machine that has none: dockerd and Compose out of unpacked
 * Debian packages. Nothing is installed. Its images stay in .cache/docker, so that the next start takes
 * seconds; its sockets are below /tmp, since the path of a socket is short.
 *
 * Needs root, for namespaces. The firewall of the machine is left alone: ports that are published on
 * 127.0.0.1 and the names of services work, and a RUN step reaches the network only when it is built with
 * `--network host`. iptables is there all the same: inside of a container Docker has it turn questions
 * for names to its own server.
 */
export interface PrivateEngine {
  /** Has `docker` find the engine, and Compose. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const STATE = join(PROJECT_ROOT, '.cache/docker');
const PROGRAMS = ['containerd', 'runc', 'tini', 'iproute2', 'iptables'];
/** Compose in version 2 came after Debian 12. */
const COMPOSE_RELEASE = 'trixie';
const COMPOSE = 'usr/libexec/docker/cli-plugins/docker-compose';
const BRIDGE = 'docker0';
/** All processes of the engine and its containers end with it, and its mounts vanish, whatever ends it. */
const NAMESPACE = ['--pid', '--fork', '--kill-child', '--mount-proc'];
const STOP_GRACE_MS = 20_000;

/** Whether the machine lets us start one. */
export async function canStartEngine(): Promise<boolean> {
  return process.getuid?.() === 0 && (await hasDebianTools());
}

/** Starts one that has the base images of the Dockerfile and of the compose files. */
export async function startPrivateEngine(): Promise<PrivateEngine> {
  const { root, libraryPath, version } = await debianPackage('docker.io', { with: PROGRAMS });
  const compose = await debianPackage('docker-compose', { release: COMPOSE_RELEASE });
  const run = mkdtempSync(join(tmpdir(), 'nginx-meter-docker-'));
  const plugins = join(run, 'config/cli-plugins');
  mkdirSync(plugins, { recursive: true });
  symlinkSync(join(compose.root, COMPOSE), join(plugins, 'docker-compose'));
  mkdirSync(STATE, { recursive: true });
  const bin = join(run, 'bin');
  mkdirSync(bin);
  for (const name of ['iptables', 'ip6tables']) {
    symlinkSync(join(root, 'usr/sbin/xtables-nft-multi'), join(bin, name));
  }
  const bins = [bin, join(root, 'usr/bin'), join(root, 'usr/sbin')].join(':');
  const socket = `unix://${join(run, 'docker.sock')}`;
  const env = {
    PATH: `${bins}:${process.env['PATH']}`,
    DOCKER_HOST: socket,
    DOCKER_CONFIG: join(run, 'config'),
  };
  const program = {
    kind: 'local',
    path: 'unshare',
    env: { ...env, LD_LIBRARY_PATH: libraryPath, XTABLES_LIBDIR: xtablesFolder(libraryPath) },
    version,
  } as const;
  const args = Object.entries({
    'data-root': STATE,
    'exec-root': join(run, 'exec'),
    host: socket,
    pidfile: join(run, 'docker.pid'),
    iptables: 'false',
    ip6tables: 'false',
  }).map(([name, value]) => `--${name}=${value}`);
  const hadBridge = existsSync(`/sys/class/net/${BRIDGE}`);
  const dockerd = [...NAMESPACE, join(root, 'usr/sbin/dockerd'), ...args];
  const server = new ServerProcess('dockerd', program, dockerd, run);
  const stop = async (): Promise<void> => {
    // To the group: unshare itself does not listen.
    if (server.isRunning) process.kill(-server.pid, 'SIGTERM');
    await waitUntil('dockerd has ended', () => server.end, { deadlineMs: STOP_GRACE_MS });
    await server.kill();
    if (!hadBridge) await runCommand(['ip', 'link', 'delete', BRIDGE], { env: program.env });
    rmSync(run, { recursive: true, force: true });
  };
  await server.start(async () => (await runCommand(['docker', 'version'], { env })).code === 0);
  try {
    // What a run left behind that was killed; some of it has just been started anew.
    const leftOver = 'docker rm --force --volumes $(docker ps --all --quiet)';
    await runCommand(['sh', '-c', `${leftOver}; docker network prune --force`], { env });
    await addBaseImages(env);
  } catch (failure) {
    await stop();
    throw failure;
  }
  return { env, stop };
}

/** Where the extensions of iptables are, which it looks for in the machine otherwise. */
function xtablesFolder(libraryPath: string): string {
  const folders = libraryPath.split(':').map((folder) => join(folder, 'xtables'));
  return folders.find((folder) => existsSync(folder)) ?? '';
}
