import type { Clock } from '../clock.ts';
import type { InfluxSettings } from '../config/influx-rules.ts';
import type { InfluxAddress } from '../deliver/influx/address.ts';
import { InfluxTarget } from '../deliver/influx/influx-target.ts';
import type { Notify } from '../notice/notice.ts';
import type { Target } from '../deliver/target.ts';

/** Where the configuration wants the points. */
export function openTarget(influx: InfluxSettings, clock: Clock, notify: Notify): Target {
  return new InfluxTarget({ address: addressOf(influx), clock, notify });
}

/** The settings of the configuration in the form of the target. */
export function addressOf(influx: InfluxSettings): InfluxAddress {
  switch (influx.version) {
    case 1:
      return {
        flavour: 'v1',
        url: influx.url,
        database: influx.database,
        ...(influx.user === undefined ? {} : { user: influx.user }),
        ...(influx.password === undefined ? {} : { password: influx.password }),
      };
    case 2:
      return {
        flavour: 'v2',
        url: influx.url,
        bucket: influx.bucket,
        ...(influx.org === undefined ? {} : { org: influx.org }),
        ...(influx.token === undefined ? {} : { token: influx.token }),
      };
    case 3:
      return {
        flavour: 'v3',
        url: influx.url,
        database: influx.database,
        ...(influx.token === undefined ? {} : { token: influx.token }),
      };
  }
}
