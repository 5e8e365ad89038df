import { chmodSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../../support/run-command.ts';

/** The files of the stand-ins that no Debian package brings, or that its scripts would make. */

const HERE = import.meta.dirname;
/** The one that the official image of Node 24 has, in its major version. */
const NPM = 'npm@11';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const NPM_DEADLINE_MS = 120_000;

const USERS = [
  { name: 'root', id: 0 },
  { name: 'nginx', id: 101 },
  { name: 'node', id: 1000 },
  { name: 'influxdb', id: 1500 },
  { name: 'nobody', id: 65534 },
];

/** What every root has: users, the folders that the kernel and programs want, the machine's certificates. */
export function addMachine(root: string): void {
  for (const folder of ['dev', 'proc', 'sys', 'run', 'root', 'etc', 'tmp', 'var/tmp', 'usr/bin']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const folder of ['tmp', 'var/tmp']) chmodSync(join(root, folder), 0o1777);
  const passwd = USERS.map(({ name, id }) => `${name}:x:${id}:${id}::/:/bin/sh\n`);
  const group = USERS.map(({ name, id }) => `${name}:x:${id}:\n`);
  write(root, 'etc/passwd', passwd.join(''));
  write(root, 'etc/group', group.join(''));
  symlinkSync('mawk', join(root, 'usr/bin/awk'));
  // A proxy on the way to the packages of npm may have a certificate that only this machine trusts.
  if (existsSync(CERTIFICATES)) copy(CERTIFICATES, root, CERTIFICATES);
}

/** The Node that runs this, and npm. */
export async function addNode(root: string): Promise<void> {
  copy(process.execPath, root, 'usr/local/bin/node', 0o755);
  const modules = join(root, 'usr/local/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  const script =
    'set -e; archive=$(npm pack --silent "$0"); tar -xzf "$archive" --no-same-owner; ' +
    'rm "$archive"; mv package npm';
  const packed = await runCommand(['sh', '-c', script, NPM], {
    cwd: modules,
    timeoutMs: NPM_DEADLINE_MS,
  });
  if (packed.code !== 0) throw new Error(`${NPM} cannot be had:\n${packed.output}`);
  for (const name of ['npm', 'npx']) {
    const program = `../lib/node_modules/npm/bin/${name}-cli.js`;
    symlinkSync(program, join(root, 'usr/local/bin', name));
  }
  write(root, 'usr/local/etc/npmrc', `cafile=${CERTIFICATES}\n`);
}

export function addNginx(root: string): void {
  copy(join(HERE, 'nginx/nginx.conf'), root, 'etc/nginx/nginx.conf');
  copy(join(HERE, 'nginx/default.conf'), root, 'etc/nginx/conf.d/default.conf');
  copy(join(HERE, 'nginx/docker-entrypoint.sh'), root, 'docker-entrypoint.sh', 0o755);
  for (const folder of ['var/cache/nginx', 'var/lib/nginx', 'var/log/nginx']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  // As in the official image: whoever follows the log by this path reads its own standard output.
  symlinkSync('/dev/stdout', join(root, 'var/log/nginx/access.log'));
  symlinkSync('/dev/stderr', join(root, 'var/log/nginx/error.log'));
}

export function addInfluxdb(root: string): void {
  copy(join(HERE, 'influxdb/entrypoint.sh'), root, 'entrypoint.sh', 0o755);
  copy(join(HERE, 'influxdb/init-influxdb.sh'), root, 'init-influxdb.sh', 0o755);
  for (const folder of ['var/lib/influxdb', 'docker-entrypoint-initdb.d']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function copy(from: string, root: string, to: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(from, join(root, to), { dereference: true });
  chmodSync(join(root, to), mode);
}
