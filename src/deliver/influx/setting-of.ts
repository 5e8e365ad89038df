import type { InfluxAddress } from './address.ts';
import type { DatabaseError } from './database-error.ts';

/** What is looked at where the reply says nothing of a setting. */
export const NO_SETTING = 'INFLUX_URL';

/** The setting to look at for a refusal that is no verdict on points, as the end of "Look at …". */
export function settingOf(
  status: number,
  { message = '' }: Pick<DatabaseError, 'message'>,
  flavour: InfluxAddress['flavour'],
): string {
  // A name in quotes may hold any word.
  const text = message.replace(/"[^"]*"/g, '""');
  if (/\borg(?:anization|ID|Id)?\b/.test(text)) return 'INFLUX_ORG';
  if (/dbrp mapping/.test(text))
    return 'INFLUX_BUCKET, INFLUX_ORG and INFLUX_TOKEN, which InfluxDB 2 takes instead of INFLUX_DB';
  if (status === 401 || status === 403)
    return flavour === 'v1' ? 'INFLUX_USER and INFLUX_PASSWORD' : 'INFLUX_TOKEN';
  if (/\bbucket\b/i.test(text)) return 'INFLUX_BUCKET (it must exist)';
  if (/retention policy/.test(text)) return 'INFLUX_DB (its default retention policy is missing)';
  if (/\bdatabase\b|\bdb\b/.test(text))
    return flavour === 'v2' ? 'INFLUX_BUCKET (it must exist)' : 'INFLUX_DB (it must exist)';
  if (/precision/.test(text)) return 'INFLUX_VERSION';
  if (status === 404) return 'INFLUX_URL and INFLUX_VERSION (there is no such endpoint)';
  return NO_SETTING;
}
