import { type Fault, shownValue } from './config-error.ts';
import type { Settings } from './schema.ts';
import type { Secret } from './secret.ts';

/** What the INFLUX_… settings mean together: which write API, and what it needs. */

/** Where and how to write; `version` chooses the API (https://docs.influxdata.com/). */
export type InfluxSettings =
  | {
      /** `POST /write?db=…`, Basic authentication; also VictoriaMetrics. */
      readonly version: 1;
      /** Base address without a trailing slash. */
      readonly url: string;
      readonly database: string;
      readonly user: string | undefined;
      readonly password: Secret | undefined;
    }
  | {
      /** `POST /api/v2/write?org=…&bucket=…`, `Authorization: Token …`. */
      readonly version: 2;
      readonly url: string;
      /** InfluxDB 2 needs it; InfluxDB 3 and VictoriaMetrics do without. */
      readonly org: string | undefined;
      readonly bucket: string;
      readonly token: Secret | undefined;
    }
  | {
      /** `POST /api/v3/write_lp?db=…`, `Authorization: Bearer …`. */
      readonly version: 3;
      readonly url: string;
      readonly database: string;
      readonly token: Secret | undefined;
    };

/** Settings that mean nothing to a version. */
const FOREIGN_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  1: ['INFLUX_ORG', 'INFLUX_BUCKET', 'INFLUX_TOKEN'],
  2: ['INFLUX_DB', 'INFLUX_USER', 'INFLUX_PASSWORD'],
  3: ['INFLUX_USER', 'INFLUX_PASSWORD', 'INFLUX_ORG'],
};

const REMEDIES: Readonly<Record<string, string>> = {
  1: 'INFLUX_DB with INFLUX_USER and INFLUX_PASSWORD, and nothing else',
  2: 'INFLUX_BUCKET with INFLUX_ORG and INFLUX_TOKEN, and nothing else',
  3: 'INFLUX_DB with INFLUX_TOKEN, and nothing else',
};

function fault(name: string, value: string | undefined, problem: string, hint: string): Fault {
  const shown = value === undefined ? undefined : shownValue(value);
  return { name, value: shown, problem, allowed: undefined, hint };
}

type Given = ReadonlyMap<string, string>;

/** Faults that no single setting has. `given` holds the text of each setting that is set. */
export function influxFaults(given: Given): Fault[] {
  if (!given.has('INFLUX_URL')) return faultsWithoutUrl(given);
  if (!given.has('INFLUX_DB') && !given.has('INFLUX_BUCKET')) {
    const problem = 'is set without INFLUX_DB or INFLUX_BUCKET, so it is not known where to write';
    const hint =
      'INFLUX_DB=nginx for InfluxDB 1, INFLUX_BUCKET=nginx (with INFLUX_ORG and INFLUX_TOKEN) for 2';
    return [fault('INFLUX_URL', undefined, problem, hint)];
  }
  return [...versionFaults(given), ...mixtureFaults(given)];
}

function faultsWithoutUrl(given: Given): Fault[] {
  const others = [...given.keys()].filter((name) => name.startsWith('INFLUX_'));
  if (others.length === 0) return [];
  const problem = `${others.length === 1 ? 'is' : 'are'} set, but INFLUX_URL is not, so nothing would be written`;
  const hint = 'INFLUX_URL=http://influxdb:8086, or leave all INFLUX_… settings out';
  return [fault(others.join(', '), undefined, problem, hint)];
}

/** What a forced version needs. */
function versionFaults(given: Given): Fault[] {
  const version = given.get('INFLUX_VERSION')?.trim();
  if (version === '1' && !given.has('INFLUX_DB')) {
    return [fault('INFLUX_VERSION', '1', 'needs INFLUX_DB', 'INFLUX_DB=nginx')];
  }
  if (version === '2' && !given.has('INFLUX_BUCKET')) {
    return [fault('INFLUX_VERSION', '2', 'needs INFLUX_BUCKET', 'INFLUX_BUCKET=nginx')];
  }
  const bucket = given.get('INFLUX_BUCKET');
  if (version !== '3' || bucket === undefined || !given.has('INFLUX_DB')) return [];
  return [fault('INFLUX_BUCKET', bucket, 'and INFLUX_DB are both set', 'INFLUX_DB alone')];
}

/** The version in force, and the setting that says so. */
function versionInForce(given: Given): { version: string; because: string } {
  const forced = given.get('INFLUX_VERSION')?.trim();
  if (forced !== undefined) return { version: forced, because: 'INFLUX_VERSION' };
  if (given.has('INFLUX_BUCKET') && !given.has('INFLUX_DB')) {
    return { version: '2', because: 'INFLUX_BUCKET' };
  }
  // With a bucket as well it is not clear what was meant; the older reading names both others.
  return given.has('INFLUX_TOKEN') && !given.has('INFLUX_BUCKET')
    ? { version: '3', because: 'INFLUX_DB with INFLUX_TOKEN' }
    : { version: '1', because: 'INFLUX_DB' };
}

/** Settings of another version than the one in force. */
function mixtureFaults(given: Given): Fault[] {
  const { version, because } = versionInForce(given);
  const foreign = FOREIGN_SETTINGS[version];
  // A version that does not exist has been reported already.
  if (foreign === undefined) return [];
  const mixed = foreign.filter((name) => given.has(name));
  const faults: Fault[] = [];
  if (mixed.length > 0) {
    const verb = mixed.length === 1 ? 'does' : 'do';
    const problem = `${verb} not go with InfluxDB ${version}, which ${because} stands for`;
    faults.push(fault(mixed.join(', '), undefined, problem, REMEDIES[version] ?? ''));
  }
  if (version === '1' && given.has('INFLUX_PASSWORD') && !given.has('INFLUX_USER')) {
    const problem = 'is set without INFLUX_USER';
    faults.push(fault('INFLUX_PASSWORD', undefined, problem, 'INFLUX_USER=…'));
  }
  // A token may be one of several organisations: without theirs InfluxDB 2 refuses every point.
  if (version === '2' && given.has('INFLUX_TOKEN') && !given.has('INFLUX_ORG')) {
    const problem = 'is set without INFLUX_ORG, so InfluxDB 2 would take no point';
    faults.push(fault('INFLUX_TOKEN', undefined, problem, 'INFLUX_ORG=…, whose bucket it is'));
  }
  return faults;
}

/** Only for settings in which `influxFaults` found nothing. */
export function influxSettings(read: Settings): InfluxSettings | undefined {
  const url = read.INFLUX_URL;
  if (url === undefined) return undefined;
  const { INFLUX_DB, INFLUX_BUCKET, INFLUX_TOKEN: token } = read;
  const isV3 = INFLUX_DB !== undefined && token !== undefined;
  if (read.INFLUX_VERSION === '3' || isV3) {
    return { version: 3, url, database: INFLUX_DB ?? INFLUX_BUCKET ?? '', token };
  }
  if (INFLUX_DB === undefined) {
    return { version: 2, url, org: read.INFLUX_ORG, bucket: INFLUX_BUCKET ?? '', token };
  }
  const { INFLUX_USER: user, INFLUX_PASSWORD: password } = read;
  return { version: 1, url, database: INFLUX_DB, user, password };
}
