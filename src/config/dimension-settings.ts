import { readIgnoreRules, type IgnoreRules } from '../request/ignore-rules.ts';
import { readPathRule, RuleError, type PathRule } from '../request/route/path-rule.ts';
import type { ClientSource } from '../request/dimension-columns.ts';
import { readWindowS, readFolder } from './readers.ts';
import {
  oneOf,
  optional,
  readSwitch,
  Refusal,
  setting,
  wholeNumber,
  type Reader,
} from './setting.ts';

/** Settings of the answers beyond the totals: routes, top lists, clients. */

const RULES_MAX = 200;
const PROXIES_MAX = 20;

function partsOf(text: string): string[] {
  return text
    .split(/[,\n]/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readRules<T>(text: string, read: (parts: readonly string[]) => T): T | Refusal {
  const parts = partsOf(text);
  if (parts.length > RULES_MAX) return new Refusal(`gives more than ${RULES_MAX} rules`);
  try {
    return read(parts);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    // The message that it becomes a part of has a full stop of its own.
    return new Refusal(`has an invalid rule: ${error.message.replace(/\.$/u, '')}`);
  }
}

const readRoutes: Reader<readonly PathRule[]> = (text) =>
  readRules(text, (parts) => parts.map((part) => readPathRule(part)));

const readIgnore: Reader<IgnoreRules> = (text) => readRules(text, readIgnoreRules);

const readClientSource: Reader<ClientSource> = (text) => {
  const match = /^\$?([a-z][a-z0-9_]{0,63})(?::([1-9]\d?))?$/u.exec(text.trim());
  const variable = match?.[1];
  if (variable === undefined) {
    return new Refusal('is no variable of nginx', '$http_x_forwarded_for:1');
  }
  const proxies = Number(match?.[2] ?? 1);
  if (proxies > PROXIES_MAX)
    return new Refusal('is too many proxies', `$${variable}:${PROXIES_MAX}`);
  return { variable, proxies };
};

const readDimensionWindow: Reader<number | 'off'> = (text) =>
  text.trim().toLowerCase() === 'off' ? 'off' : readWindowS(text);

const GROUP = 'Dimensions';

export const dimensions = {
  DIMENSION_WINDOW: optional(
    {
      group: GROUP,
      text: 'Length of the windows of routes, upstreams, other dimensions, top lists and distinct clients. `off` leaves all of these out, which makes reading several times as fast.',
      allowed: 'a duration as for WINDOW, and a multiple of it; or `off`',
      defaultText: '`1m`, or WINDOW where that is longer',
    },
    readDimensionWindow,
  ),
  MAX_ROUTES: setting(
    {
      group: GROUP,
      text: 'At most so many routes per log have a series of their own, chosen by traffic; the rest is added up as `other`.',
      allowed: 'a whole number from 1 to 200',
      default: '50',
    },
    wholeNumber({ min: 1, max: 200 }),
  ),
  ROUTES: setting(
    {
      group: GROUP,
      text: 'Routes of your own; the first that fits a path names it. Other paths become templates by themselves (`/users/:id`).',
      allowed:
        'patterns with commas between them: `:name` stands for one segment, `*` at the end for all that follows',
      default: '',
      example: '/shop/:category/:item,/api/*',
    },
    readRoutes,
  ),
  IGNORE: setting(
    {
      group: GROUP,
      text: 'Requests to leave out, such as health checks; they count as `filtered` only.',
      allowed:
        'with commas between them: a path pattern as in ROUTES, `agent:` with a part of the agent, `status:` with a status or `3xx`',
      default: '',
      example: '/healthz,agent:kube-probe,status:204',
    },
    readIgnore,
  ),
  CLIENT_IP: setting(
    {
      group: GROUP,
      text: 'What is kept of client addresses, in the top list and in the count of distinct clients: all, the network alone (/24 and /48), or nothing.',
      allowed: '`full`, `masked` or `off`',
      default: 'full',
    },
    oneOf(['full', 'masked', 'off']),
  ),
  CLIENT_IP_FROM: setting(
    {
      group: GROUP,
      text: "The variable that holds the client's address when nginx is behind proxies. In a list the entry counts that the first of your own proxies wrote, so their number must be right. Where a log lacks the variable, a notice says so and `$remote_addr` counts.",
      allowed:
        'a variable of the log format, for a list with the number of your proxies: `$http_x_forwarded_for:2`',
      default: '$remote_addr',
      example: '$http_cf_connecting_ip',
    },
    readClientSource,
  ),
  GEOIP_DB: optional(
    {
      group: GROUP,
      text: 'A database of countries: requests are counted by country as well (`dim=country`), by the address that CLIENT_IP_FROM names, as far as CLIENT_IP keeps it; `CLIENT_IP=off` leaves countries out. The meter takes up a new file at the path by itself.',
      allowed:
        'the path of a MaxMind DB file (`.mmdb`) with countries, such as GeoLite2-Country.mmdb',
      example: '/usr/share/GeoIP/GeoLite2-Country.mmdb',
    },
    readFolder,
  ),
  KEEP_QUERY: setting(
    {
      group: GROUP,
      text: 'Keep query strings in the top lists of URLs. Secrets and e-mail addresses become `***`, as far as their name, place or form tells them.',
      allowed: '`true` or `false`',
      default: 'false',
    },
    readSwitch,
  ),
};
