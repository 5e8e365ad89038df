/** Where the points go. Which of the three it is follows from which settings are given. */
export type InfluxTarget = InfluxTargetV1 | InfluxTargetV2 | InfluxTargetV3;

/** `/write` with Basic auth: InfluxDB 1.x; also understood by 2.x, 3.x and VictoriaMetrics. */
export interface InfluxTargetV1 {
  readonly flavour: 'v1';
  /** May have a path, which stands before the endpoint's; never has credentials. */
  readonly url: string;
  readonly database: string;
  readonly user?: string;
  readonly password?: string;
}

/** `/api/v2/write` with a token: InfluxDB 2.x and Cloud, VictoriaMetrics. */
export interface InfluxTargetV2 {
  readonly flavour: 'v2';
  readonly url: string;
  readonly bucket: string;
  readonly org?: string;
  readonly token?: string;
}

/** `/api/v3/write_lp` with a bearer token: InfluxDB 3, which names the lines it refuses. */
export interface InfluxTargetV3 {
  readonly flavour: 'v3';
  readonly url: string;
  readonly database: string;
  readonly token?: string;
}

/** Path and query of the write endpoint. Times are seconds: `us`, for one, is nanoseconds to 1.6. */
export function writePath(target: InfluxTarget): string {
  const prefix = new URL(target.url).pathname.replace(/\/+$/, '');
  if (target.flavour === 'v1')
    return `${prefix}/write?${query({ db: target.database, precision: 's' })}`;
  if (target.flavour === 'v3')
    return `${prefix}/api/v3/write_lp?${query({ db: target.database, precision: 'second' })}`;
  const { org, bucket } = target;
  return `${prefix}/api/v2/write?${query({ ...(org === undefined ? {} : { org }), bucket, precision: 's' })}`;
}

function query(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString();
}

/** The `Authorization` header, or undefined where no credentials are given. Never log it. */
export function authorization(target: InfluxTarget): string | undefined {
  if (target.flavour === 'v1') {
    if (target.user === undefined) return undefined;
    const pair = `${target.user}:${target.password ?? ''}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  if (target.token === undefined) return undefined;
  return `${target.flavour === 'v2' ? 'Token' : 'Bearer'} ${target.token}`;
}

/** The address as it may be shown: no credentials, no query. */
export function shownUrl(target: InfluxTarget): string {
  const { origin, pathname } = new URL(target.url);
  return origin + pathname.replace(/\/+$/, '');
}
