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

const V1_ONLY = ['INFLUX_USER', 'INFLUX_PASSWORD'];
const V2_ONLY = ['INFLUX_ORG', 'INFLUX_BUCKET'];

function fault(name: string, value: string | undefined, problem: string, hint: string): Fault {
  const shown = value === undefined ? undefined : shownValue(value);
  return { name, value: shown, problem, allowed: undefined, hint };
}

/** Faults that no single setting has. `given` holds the text of each setting that is set. */
export function influxFaults(given: ReadonlyMap<string, string>): Fault[] {
  const faults: Fault[] = [];
  const isSet = (name: string) => given.has(name);
  const others = [...given.keys()].filter(
    (name) => name.startsWith('INFLUX_') && name !== 'INFLUX_URL',
  );
  if (!isSet('INFLUX_URL')) {
    if (others.length > 0) {
      const problem = `is set, but INFLUX_URL is not, so nothing would be written`;
      const hint = 'INFLUX_URL=http://influxdb:8086, or leave all INFLUX_… settings out';
      faults.push(fault(others.join(', '), undefined, problem, hint));
    }
    return faults;
  }
  const version = given.get('INFLUX_VERSION')?.trim();
  const isV1 = version === '1' || (version === undefined && isSet('INFLUX_DB'));
  const wrong =
    version === '3'
      ? [...V1_ONLY, 'INFLUX_ORG']
      : isV1
        ? [...V2_ONLY, 'INFLUX_TOKEN']
        : ['INFLUX_DB', ...V1_ONLY];
  if (!isSet('INFLUX_DB') && !isSet('INFLUX_BUCKET')) {
    const hint =
      'INFLUX_DB=nginx for InfluxDB 1, INFLUX_BUCKET=nginx (with INFLUX_ORG and INFLUX_TOKEN) for 2';
    const problem = 'is set without INFLUX_DB or INFLUX_BUCKET, so it is not known where to write';
    faults.push(fault('INFLUX_URL', undefined, problem, hint));
    return faults;
  }
  if (version === '1' && !isSet('INFLUX_DB')) {
    faults.push(fault('INFLUX_VERSION', '1', 'needs INFLUX_DB', 'INFLUX_DB=nginx'));
  }
  if (version === '2' && !isSet('INFLUX_BUCKET')) {
    faults.push(fault('INFLUX_VERSION', '2', 'needs INFLUX_BUCKET', 'INFLUX_BUCKET=nginx'));
  }
  if (version === '3' && isSet('INFLUX_DB') && isSet('INFLUX_BUCKET')) {
    faults.push(
      fault(
        'INFLUX_BUCKET',
        given.get('INFLUX_BUCKET'),
        'and INFLUX_DB are both set',
        'INFLUX_DB alone',
      ),
    );
  }
  const mixed = wrong.filter(isSet);
  if (mixed.length > 0) {
    const kind = version ?? (isV1 ? '1' : '2');
    const because =
      version === undefined ? (isV1 ? 'INFLUX_DB' : 'INFLUX_BUCKET') : 'INFLUX_VERSION';
    const problem = `${mixed.length === 1 ? 'does' : 'do'} not go with InfluxDB ${kind}, which ${because} stands for`;
    faults.push(fault(mixed.join(', '), undefined, problem, remedy(kind)));
  }
  if (isSet('INFLUX_PASSWORD') && !isSet('INFLUX_USER') && isV1) {
    faults.push(fault('INFLUX_PASSWORD', undefined, 'is set without INFLUX_USER', 'INFLUX_USER=…'));
  }
  return faults;
}

function remedy(version: string): string {
  if (version === '1') return 'INFLUX_DB with INFLUX_USER and INFLUX_PASSWORD, and nothing else';
  if (version === '3') return 'INFLUX_DB with INFLUX_TOKEN, and nothing else';
  return 'INFLUX_BUCKET with INFLUX_ORG and INFLUX_TOKEN, and nothing else';
}

/** Only for settings in which `influxFaults` found nothing. */
export function influxSettings(read: Settings): InfluxSettings | undefined {
  const url = read.INFLUX_URL;
  if (url === undefined) return undefined;
  const { INFLUX_DB, INFLUX_BUCKET, INFLUX_TOKEN: token } = read;
  if (read.INFLUX_VERSION === '3') {
    return { version: 3, url, database: INFLUX_DB ?? INFLUX_BUCKET ?? '', token };
  }
  if (INFLUX_DB === undefined) {
    return { version: 2, url, org: read.INFLUX_ORG, bucket: INFLUX_BUCKET ?? '', token };
  }
  const { INFLUX_USER: user, INFLUX_PASSWORD: password } = read;
  return { version: 1, url, database: INFLUX_DB, user, password };
}
