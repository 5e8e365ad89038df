/**
 * The countries of addresses, out of a database file in MaxMind's format
 * (https://maxmind.github.io/MaxMind-DB/).
 *
 * Owns the content of the file, in memory, and what the file looked like when it was read. Another file
 * at the path (geoipupdate puts one there by renaming) is taken up without a start anew, once it has
 * not changed for one more look; one that cannot be used is reported, and the one in memory goes on. So
 * is a file that vanishes. What can be lost here: nothing but the country of addresses asked meanwhile.
 */
import { readFile, stat } from 'node:fs/promises';
import { Reader, type Response } from 'mmdb-lib';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { ConfigError, shownValue } from '../config/config-error.ts';
import { countryNumber, type CountryTable } from '../request/client/country.ts';
import { printable } from '../text/printable.ts';
import type { Notify } from '../notice/notice.ts';

export interface GeoipAbout {
  /** As the file calls itself: `GeoLite2-Country`. */
  readonly type: string;
  readonly builtAt: Date;
}

type Records = Reader<Response>;

/** A file that is no database of countries; completes "GEOIP_DB=path …". */
class UnusableError extends Error {}

/** So many records are looked at for one that has a country. */
const PROBES_MAX = 1000;
const HOST_BITS = 32;
const ALLOWED =
  'the path of a MaxMind DB file (.mmdb) with countries, such as GeoLite2-Country.mmdb';

export class GeoipDatabase implements CountryTable {
  version = 1;
  readonly #path: string;
  #records: Records;
  /** Of the file that was read last, whether it could be used or not, and of the one seen last. */
  #tried: string;
  #seen: string;
  /** Of the file in use. */
  #signature: string;

  private constructor(path: string, records: Records, signature: string) {
    this.#path = path;
    this.#records = records;
    this.#signature = signature;
    this.#tried = signature;
    this.#seen = signature;
  }

  /** Throws a ConfigError that says what is wrong with the file. */
  static async open(path: string): Promise<GeoipDatabase> {
    try {
      const signature = await signatureOf(path);
      return new GeoipDatabase(path, await readRecords(path), signature);
    } catch (error) {
      const value = shownValue(path);
      const problem = problemOf(error);
      throw new ConfigError([
        { name: 'GEOIP_DB', value, problem, allowed: ALLOWED, hint: undefined },
      ]);
    }
  }

  get about(): GeoipAbout {
    const { databaseType, buildEpoch } = this.#records.metadata;
    return { type: printable(databaseType, 80), builtAt: buildEpoch };
  }

  numberOf(address: string): number {
    // A tree of IPv4 alone takes the first 32 bits of an IPv6 address for one.
    if (this.#records.metadata.ipVersion === 4 && address.includes(':')) return 0;
    try {
      return countryIn(this.#records.get(address));
    } catch {
      // A record that is damaged where it lies; the rest of the file may be well.
      return 0;
    }
  }

  /** Looks for another file until `signal` aborts; never rejects. */
  async watch(parts: {
    readonly intervalMs: number;
    readonly clock: Pick<Clock, 'sleep'>;
    readonly notify: Notify;
    readonly signal: AbortSignal;
  }): Promise<void> {
    for (;;) {
      await parts.clock.sleep(parts.intervalMs, parts.signal);
      if (parts.signal.aborted) return;
      await this.#look(parts.notify);
    }
  }

  async #look(notify: Notify): Promise<void> {
    const subject = this.#path;
    try {
      const signature = await signatureOf(this.#path);
      const isCalm = signature === this.#seen;
      this.#seen = signature;
      if (!isCalm || signature === this.#tried) return;
      this.#tried = signature;
      // The file in use, back where it was.
      if (signature !== this.#signature) this.#records = await readRecords(this.#path);
      this.#signature = signature;
      this.version++;
      const { type, builtAt } = this.about;
      notify({
        code: 'geoip-replaced',
        subject,
        message: `Countries are told by the GEOIP_DB that is there now: ${type} of ${dayOf(builtAt)}.`,
      });
    } catch (error) {
      // A missing file was not tried, so its return is news.
      if (!(error instanceof UnusableError)) this.#tried = '';
      notify({
        code: 'geoip-unusable',
        subject,
        message:
          `GEOIP_DB=${shownValue(this.#path)} ${problemOf(error)}. Countries are still told by the ` +
          'database that was there before; put a whole one there.',
      });
    }
  }
}

/** The database of the configuration, if it has one that somebody asks. Throws a ConfigError. */
export async function openGeoip(config: Config): Promise<GeoipDatabase | undefined> {
  const { geoipDb, clientIp, dimensionWindowS } = config;
  if (geoipDb === undefined || clientIp === 'off' || dimensionWindowS === undefined)
    return undefined;
  return GeoipDatabase.open(geoipDb);
}

export function dayOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}

async function signatureOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs].join(':');
}

async function readRecords(path: string): Promise<Records> {
  const content = await readFile(path);
  let records: Records;
  try {
    records = new Reader(content);
  } catch {
    throw new UnusableError('is no MaxMind DB file, or only a part of one');
  }
  if (!hasCountries(records)) {
    const type = printable(records.metadata.databaseType, 80);
    throw new UnusableError(`is a database without countries (${type})`);
  }
  return records;
}

/** Goes from network to network, from 0.0.0.0 on. An IPv6 database may hold no IPv4 at all. */
function hasCountries(records: Records): boolean {
  let address = 0;
  let hasRecord = false;
  for (let i = 0; i < PROBES_MAX && address < 2 ** HOST_BITS; i++) {
    const text = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
    const [record, prefixBits] = records.getWithPrefixLength(text);
    if (countryIn(record) !== 0) return true;
    if (record !== null) hasRecord = true;
    // In an IPv6 tree the length may count the 96 bits before the IPv4 address.
    const hostBits = prefixBits > HOST_BITS ? 128 - prefixBits : HOST_BITS - prefixBits;
    address += 2 ** Math.min(HOST_BITS, Math.max(0, hostBits));
  }
  return !hasRecord;
}

/** `country.iso_code` of MaxMind and DB-IP, the flat keys of others; 0 for none. */
function countryIn(record: unknown): number {
  if (!isObject(record)) return 0;
  const { country, registered_country: registered, country_code: flat } = record;
  if (isObject(country)) {
    const own = countryNumber(country['iso_code']);
    if (own !== 0) return own;
  }
  if (isObject(registered)) {
    const own = countryNumber(registered['iso_code']);
    if (own !== 0) return own;
  }
  return countryNumber(flat) || countryNumber(country);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Completes "GEOIP_DB=path …". */
function problemOf(error: unknown): string {
  if (error instanceof UnusableError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'names a file that does not exist';
  if (code === 'EISDIR') return 'names a folder';
  if (code === 'EACCES') return 'names a file that may not be read';
  return `cannot be read (${printable(error instanceof Error ? error.message : String(error), 120)})`;
}
