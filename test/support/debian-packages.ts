import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './project.ts';
import { runCommand } from './run-command.ts';
import { withFileLock } from './file-lock.ts';

/**
 * Programs out of Debian packages, without installing anything: apt downloads the package and the
 * shared libraries it names into .cache/debian of the checkout, dpkg-deb unpacks them there.
 *
 * apt works in a root of its own (lists, cache, state), so neither root nor a system-wide
 * `apt-get update` is needed and nothing outside of the checkout changes. The machine's own sources,
 * keys, proxy and credentials are used; the version is the one they offer. What has been unpacked
 * once is used offline from then on; removing .cache/debian fetches it afresh.
 *
 * A package folder appears by a rename when it is complete, so a broken download is never used.
 */
export interface UnpackedPackage {
  /** Root of the unpacked files: `${root}/usr/sbin/nginx`. */
  readonly root: string;
  readonly version: string;
  /** Value for LD_LIBRARY_PATH: the libraries that came along. */
  readonly libraryPath: string;
}

export interface PackageOrigin {
  /** Another release of Debian than the machine's, for a program that would be too old. */
  readonly release?: string;
  /** Another architecture than the machine's; what the dynamic loader needs then comes along. */
  readonly architecture?: string;
  /** More packages for the same folder. */
  readonly with?: readonly string[];
  /** The folder becomes the root of a system: the C library comes along. */
  readonly isRoot?: boolean;
}

/** Never taken along: they belong to the machine's own dynamic loader. */
const OF_THE_MACHINE = new Set(['libc6', 'libc-bin', 'libgcc-s1', 'libgcc1', 'libstdc++6']);

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LOCK_DEADLINE_MS = 10 * 60_000;
const APT_DEADLINE_MS = 5 * 60_000;

/** Whether this machine has the Debian tools to fetch and unpack a package. */
export async function hasDebianTools(): Promise<boolean> {
  const found = await runCommand(['sh', '-c', 'command -v apt-get && command -v dpkg-deb']);
  return found.code === 0;
}

/** The unpacked package, from the cache or downloaded now. Rejects with what is missing and what to do. */
export async function debianPackage(
  name: string,
  origin: PackageOrigin = {},
): Promise<UnpackedPackage> {
  const own = await machine();
  const { release = own.release, architecture = own.architecture } = origin;
  const home = join(PROJECT_ROOT, '.cache/debian', `${release}-${architecture}`);
  const names = [name, ...(origin.with ?? [])];
  const isRoot = origin.isRoot === true || architecture !== own.architecture;
  const folder = join(home, `${names.join('+')}${origin.isRoot === true ? '-root' : ''}`);
  const known = unpacked(folder);
  if (known !== undefined) return known;
  return withFileLock(join(home, 'lock'), LOCK_DEADLINE_MS, async () => {
    const meanwhile = unpacked(folder);
    if (meanwhile !== undefined) return meanwhile;
    const apt = new PrivateApt(join(home, 'apt'), {
      release: release === own.release ? undefined : release,
      architecture: architecture === own.architecture ? undefined : architecture,
    });
    const staging = join(home, `.${name}-${process.pid}`);
    rmSync(staging, { recursive: true, force: true });
    try {
      await fetchInto(apt, names, staging, isRoot);
      if (!existsSync(folder)) renameSync(staging, folder);
    } catch (failure) {
      throw new Error(
        `the Debian package "${name}" could not be had from apt (${release}, ${architecture}). ` +
          'It is needed once, over the network; afterwards it is used from .cache/debian.',
        { cause: failure },
      );
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    const fresh = unpacked(folder);
    if (fresh === undefined) throw new Error(`${folder} is not complete; remove it and try again`);
    return fresh;
  });
}

/** dpkg-deb -x would put a folder in the place of a link to one. */
const UNPACK =
  'dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --keep-directory-symlink --no-same-owner';

interface Manifest {
  readonly version: string;
  readonly packages: readonly string[];
}

function unpacked(folder: string): UnpackedPackage | undefined {
  const manifestPath = join(folder, 'manifest.json');
  if (!existsSync(manifestPath)) return undefined;
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;
  const root = join(folder, 'root');
  const libraryPath: string[] = [];
  for (const lib of ['usr/lib', 'lib']) {
    if (!existsSync(join(root, lib))) continue;
    for (const entry of readdirSync(join(root, lib))) {
      // The multiarch folder: x86_64-linux-gnu, aarch64-linux-gnu, …
      if (/-linux-gnu/.test(entry)) libraryPath.push(join(root, lib, entry));
    }
  }
  return { root, version: manifest.version, libraryPath: libraryPath.join(':') };
}

async function fetchInto(
  apt: PrivateApt,
  names: readonly string[],
  staging: string,
  isRoot: boolean,
): Promise<void> {
  const debs = join(staging, 'debs');
  const root = join(staging, 'root');
  mkdirSync(debs, { recursive: true });
  mkdirSync(join(root, 'usr'), { recursive: true });
  // Merged, as on a machine: a library has one path, whichever its package names.
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', folder));
    symlinkSync(`usr/${folder}`, join(root, folder));
  }
  if (!apt.hasLists()) await apt.update();
  let packages: Map<string, string>;
  try {
    packages = await apt.closure(names, isRoot);
    await apt.download([...packages.keys()], debs);
  } catch {
    // Lists may be older than what the mirror still holds: look once more before giving up.
    await apt.update();
    packages = await apt.closure(names, isRoot);
    await apt.download([...packages.keys()], debs);
  }
  for (const deb of readdirSync(debs)) {
    await must(['sh', '-c', UNPACK, join(debs, deb), root]);
  }
  rmSync(debs, { recursive: true });
  const manifest: Manifest = {
    version: packages.get(names[0] ?? '') ?? 'unknown',
    packages: [...packages].map(([pkg, version]) => `${pkg}=${version}`),
  };
  writeFileSync(join(staging, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** apt-get and apt-cache with lists, cache and state below one folder. */
class PrivateApt {
  readonly #home: string;
  readonly #configPath: string;
  readonly #foreign: ForeignOrigin;

  constructor(home: string, foreign: ForeignOrigin) {
    this.#home = home;
    this.#foreign = foreign;
    this.#configPath = join(home, 'apt.conf');
  }

  hasLists(): boolean {
    const lists = join(this.#home, 'lists');
    return existsSync(lists) && readdirSync(lists).some((entry) => entry.includes('_Packages'));
  }

  async update(): Promise<void> {
    await this.#configure();
    await this.#run(['apt-get', '-q', 'update']);
  }

  /** The package, what it needs of its own family (`nginx-core`) and the shared libraries: name → version. */
  async closure(names: readonly string[], isRoot: boolean): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const queue = [...names];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (found.has(next) || (!isRoot && OF_THE_MACHINE.has(next))) continue;
      const text = await this.#run(['apt-cache', 'show', '--no-all-versions', next]);
      const field = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1] ?? '';
      found.set(next, field('Version'));
      for (const dependency of `${field('Pre-Depends')}, ${field('Depends')}`.split(',')) {
        // Of alternatives (`a | b`) the first; version bounds are apt's business.
        const wanted = /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(dependency)?.[1];
        if (wanted === undefined) continue;
        const isFamily = names.some((name) => wanted.startsWith(`${name}-`));
        if (/^(lib|zlib1g)/.test(wanted) || isFamily) queue.push(wanted);
      }
    }
    return found;
  }

  async download(packages: readonly string[], into: string): Promise<void> {
    await this.#run(['apt-get', '-q', 'download', ...packages], into);
  }

  async #run(argv: readonly string[], cwd?: string): Promise<string> {
    return must(argv, {
      env: { APT_CONFIG: this.#configPath, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: APT_DEADLINE_MS,
      ...(cwd === undefined ? {} : { cwd }),
    });
  }

  /**
   * A configuration of our own: of the machine's only what tells how to fetch (proxy, credentials,
   * certificates), none of its hooks, which could touch the machine's own cache.
   */
  async #configure(): Promise<void> {
    for (const folder of ['lists/partial', 'cache/archives/partial', 'state']) {
      mkdirSync(join(this.#home, folder), { recursive: true });
    }
    writeFileSync(join(this.#home, 'status'), '');
    const dump = await must(['apt-config', 'dump'], { env: { LC_ALL: 'C' } });
    const fetching = dump
      .split('\n')
      .filter(
        (line) => line.startsWith('Acquire::') && !/^Acquire::(Languages|IndexTargets)/.test(line),
      );
    const { release, architecture } = this.#foreign;
    const own = {
      ...(release === undefined ? {} : await this.#sourcesOf(release)),
      ...(architecture === undefined
        ? {}
        : { 'APT::Architecture': architecture, 'APT::Architectures': architecture }),
      'Dir::Etc::main': '/dev/null',
      'Dir::Etc::parts': '/dev/null',
      'Dir::State': join(this.#home, 'state'),
      'Dir::State::lists': join(this.#home, 'lists'),
      'Dir::State::status': join(this.#home, 'status'),
      'Dir::Cache': join(this.#home, 'cache'),
      'Acquire::Languages': 'none',
      // The user that apt would change to cannot write into the checkout.
      ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {}),
    };
    const lines = Object.entries(own).map(([key, value]) => `${key} "${value}";`);
    // The address of a proxy may hold a password.
    writeFileSync(this.#configPath, `${[...fetching, ...lines].join('\n')}\n`, { mode: 0o600 });
  }

  /** The mirror that the machine itself uses, for another release. */
  async #sourcesOf(release: string): Promise<Record<string, string>> {
    const format = ['--format', '$(REPO_URI) $(COMPONENT)', 'Created-By: Packages'];
    const targets = await must(['apt-get', 'indextargets', ...format], { env: { LC_ALL: 'C' } });
    const mirror = /^(\S+) main$/m.exec(targets)?.[1];
    if (mirror === undefined)
      throw new Error('apt on this machine has no source of Debian packages');
    const list = join(this.#home, 'sources.list');
    writeFileSync(list, `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`);
    return { 'Dir::Etc::sourcelist': list, 'Dir::Etc::sourceparts': '/dev/null' };
  }
}

/** What differs from the machine; undefined: nothing. */
interface ForeignOrigin {
  readonly release: string | undefined;
  readonly architecture: string | undefined;
}

async function must(
  argv: readonly string[],
  options: Parameters<typeof runCommand>[1] = {},
): Promise<string> {
  const { code, stdout, output } = await runCommand(argv, options);
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}\n${output.slice(-2000)}`);
  return stdout;
}

async function machine(): Promise<{ release: string; architecture: string }> {
  const osRelease = readFileSync('/etc/os-release', 'utf8');
  const release =
    /^VERSION_CODENAME="?([a-z]+)/m.exec(osRelease)?.[1] ??
    /^ID="?([a-z]+)/m.exec(osRelease)?.[1] ??
    'unknown';
  return { release, architecture: (await must(['dpkg', '--print-architecture'])).trim() };
}
