import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Puts back into package-lock.json the platform packages that npm left out.
 *
 * Tools such as Biome and oxlint bring one package per platform as optional dependencies. Where the
 * registry in use lacks those of the other platforms (a partial mirror), `npm install` silently drops them
 * from the lock file, and `npm ci` then refuses that lock file everywhere. What npm needs in order
 * to pass over a package on the wrong platform is its version, os and cpu: exact version in the
 * manifest of the tool, the rest in the package's name. Run it after an `npm install` that dropped
 * some: `node scripts/complete-lockfile.ts`. The integrity stays empty until an install with
 * a full registry fills it in.
 */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const LOCKFILE = new URL('../package-lock.json', import.meta.url);

/** Entries that a complete lock file has and this one lacks, by their path in `packages`. */
export function missingPlatformPackages(lockfile: Lockfile): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const [path, parent] of Object.entries(lockfile.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const found = [`${path}/node_modules/${name}`, `node_modules/${name}`];
      if (found.some((candidate) => candidate in lockfile.packages)) continue;
      const { cpu, os, libc } = platformOf(name);
      // In the order in which npm writes the fields, so that it has nothing to change.
      missing.set(`node_modules/${name}`, {
        version,
        cpu,
        ...(parent.dev === true ? { dev: true } : {}),
        ...(libc === undefined ? {} : { libc }),
        optional: true,
        os,
      });
    }
  }
  return missing;
}

/** `@oxlint/binding-linux-arm-musleabihf` → arm, linux, musl. */
function platformOf(name: string): { cpu: string[]; os: string[]; libc: string[] | undefined } {
  const parts =
    /(?<os>aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(?<cpu>arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el)(?:-(?<abi>[a-z]+))?$/.exec(
      name,
    )?.groups;
  if (parts === undefined) {
    throw new Error(`${name} is missing from package-lock.json and its name tells no platform`);
  }
  const { os = '', cpu = '', abi = '' } = parts;
  const libc = abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : undefined;
  return { cpu: [cpu], os: [os], libc: libc === undefined ? undefined : [libc] };
}

if (import.meta.main) {
  const lockfile = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as Lockfile;
  const missing = missingPlatformPackages(lockfile);
  const entries = [...Object.entries(lockfile.packages), ...missing];
  entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lockfile.packages = Object.fromEntries(entries);
  writeFileSync(LOCKFILE, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`${missing.size} platform packages added to package-lock.json`);
}
