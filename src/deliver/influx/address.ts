/** Shorter ones are parts of words. */
const SECRET_LENGTH_MIN = 4;

/** Where the points go. Which of the three it is follows from which settings are given. */
export type InfluxAddress = InfluxAddressV1 | InfluxAddressV2 | InfluxAddressV3;

/** A password or token; it may change while the process runs, as one that stands in a file does. */
export interface Credential {
  reveal(): string;
  /**
   * Looks for a new secret. `unusable`: the file holds no usable one, and the old one stays in use.
   */
  refresh(): Promise<'same' | 'changed' | 'unusable'>;
}

/** `/write` with Basic auth: InfluxDB 1.x; also understood by 2.x, 3.x and VictoriaMetrics. */
export interface InfluxAddressV1 {
  readonly flavour: 'v1';
  /** May have a path, which stands before the endpoint's; never has credentials. */
  readonly url: string;
  readonly database: string;
  readonly user?: string;
  readonly password?: Credential;
}

/** `/api/v2/write` with a token: InfluxDB 2.x and Cloud, VictoriaMetrics. */
export interface InfluxAddressV2 {
  readonly flavour: 'v2';
  readonly url: string;
  readonly bucket: string;
  readonly org?: string;
  readonly token?: Credential;
}

/** `/api/v3/write_lp` with a bearer token: InfluxDB 3, which names the lines it refuses. */
export interface InfluxAddressV3 {
  readonly flavour: 'v3';
  readonly url: string;
  readonly database: string;
  readonly token?: Credential;
}

/** Path and query of the write endpoint. Times are seconds: `us`, for one, is nanoseconds to 1.6. */
export function writePath(address: InfluxAddress): string {
  const prefix = new URL(address.url).pathname.replace(/\/+$/, '');
  if (address.flavour === 'v1')
    return `${prefix}/write?${query({ db: address.database, precision: 's' })}`;
  if (address.flavour === 'v3')
    return `${prefix}/api/v3/write_lp?${query({ db: address.database, precision: 'second' })}`;
  const { org, bucket } = address;
  return `${prefix}/api/v2/write?${query({ ...(org === undefined ? {} : { org }), bucket, precision: 's' })}`;
}

function query(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString();
}

/** The `Authorization` header, or undefined where no credentials are given. Never log it. */
export function authorization(address: InfluxAddress): string | undefined {
  if (address.flavour === 'v1') {
    if (address.user === undefined) return undefined;
    const pair = `${address.user}:${address.password?.reveal() ?? ''}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  if (address.token === undefined) return undefined;
  return `${address.flavour === 'v2' ? 'Token' : 'Bearer'} ${address.token.reveal()}`;
}

/** The credential of the address, if it has one. */
export function credentialOf(address: InfluxAddress): Credential | undefined {
  return address.flavour === 'v1' ? address.password : address.token;
}

/** The address as it may be shown: no credentials, no query, and no path, which may be a secret too. */
export function shownUrl({ url }: { readonly url: string }): string {
  const { origin, pathname } = new URL(url);
  return pathname === '/' ? origin : `${origin}/…`;
}

/**
 * The text of a server without what it may repeat of our request: the path of the address and the
 * credentials.
 */
export function withoutSecrets(text: string, address: InfluxAddress): string {
  const path = new URL(address.url).pathname.replace(/\/+$/, '');
  const secrets = [path, credentialOf(address)?.reveal() ?? ''];
  return secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .reduce((shown, secret) => shown.replaceAll(secret, '…'), text);
}
