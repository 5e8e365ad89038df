import type { InfluxSettings } from '../config/influx-rules.ts';
import type { InfluxTarget } from '../deliver/influx/address.ts';

/** The settings of the configuration in the form of the write stage. */
export function targetOf(influx: InfluxSettings): InfluxTarget {
  switch (influx.version) {
    case 1:
      return {
        flavour: 'v1',
        url: influx.url,
        database: influx.database,
        ...(influx.user === undefined ? {} : { user: influx.user }),
        ...(influx.password === undefined ? {} : { password: influx.password.reveal() }),
      };
    case 2:
      return {
        flavour: 'v2',
        url: influx.url,
        bucket: influx.bucket,
        ...(influx.org === undefined ? {} : { org: influx.org }),
        ...(influx.token === undefined ? {} : { token: influx.token.reveal() }),
      };
    case 3:
      return {
        flavour: 'v3',
        url: influx.url,
        database: influx.database,
        ...(influx.token === undefined ? {} : { token: influx.token.reveal() }),
      };
  }
}
