/** Records as nginx could log them, for property tests: values of one line and what columns must hold of them. */
import { fc } from './property.ts';
import { escapeAsNginx } from './nginx-log-line.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');

/** Text of a client, with what could pass for a part of the format in it more often than by chance. */
export const rawClientText = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.string({ maxLength: 8 }) },
      fc.constantFrom(
        ' ',
        ' - ',
        ' [',
        '] ',
        '] "',
        '" ',
        '"',
        '\\',
        ', ',
        ' : ',
        '|',
        ';',
        '-',
        '=',
        '\0',
        '\n',
        '\r',
      ),
      fc.constantFrom(
        '[22/Nov/2026:00:00:00 +0000]',
        '22/Nov/2026:00:00:00 +0000',
        '1.000',
        '2026-11-22T00:00:00+00:00',
      ),
      fc.constantFrom(
        ' 200 5 ',
        '500',
        ' 200',
        '" 500 7 "',
        ' rt=0.001',
        '0.1, 0.2',
        '10.0.0.1:80,',
        ' x:',
        '\xff\xd0',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replace(/[^\0-\xff]/g, '?'));
const clientText = rawClientText.map(escapeAsNginx);

const seconds = fc.integer({ min: 0, max: 4_102_444_800 });
const zoneMinutes = fc.constantFrom(0, 330, -210, 60, -480, 840);
const listParts = fc.array(fc.constantFrom(', ', ' : '), { maxLength: 3 });
// A colon alone would be the separator of a list before it, and is the value of no such variable.
const token = fc.stringMatching(/^[a-z0-9._:/-]{1,12}$/).filter((text) => text !== ':');

/** Values of one line and what the columns must hold of them. */
export const record = fc
  .record({
    seconds,
    zoneMinutes,
    status: fc.integer({ min: 0, max: 999 }),
    bytes: fc.option(fc.maxSafeInteger().map(Math.abs)),
    bytesIn: fc.option(fc.nat()),
    milliseconds: fc.option(fc.nat()),
    parts: listParts,
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    host: fc.constantFrom('example.com', 'a', '[::1]', '10.0.0.1', 'xn--bcher-kva.example'),
    tokens: fc.array(token, { minLength: 8, maxLength: 8 }),
    texts: fc.array(clientText, { minLength: 8, maxLength: 8 }),
  })
  .map((given) => ({ ...given, values: valuesOf(given) }));

function valuesOf(given: {
  seconds: number;
  zoneMinutes: number;
  status: number;
  bytes: number | null;
  bytesIn: number | null;
  milliseconds: number | null;
  parts: string[];
  address: string;
  host: string;
  tokens: string[];
  texts: string[];
}): Record<string, string> {
  const shown = new Date((given.seconds + 60 * given.zoneMinutes) * 1000);
  const zone = [Math.trunc(Math.abs(given.zoneMinutes) / 60), Math.abs(given.zoneMinutes) % 60].map(
    two,
  );
  const sign = given.zoneMinutes < 0 ? '-' : '+';
  const clock = [shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds()]
    .map(two)
    .join(':');
  const day = two(shown.getUTCDate());
  const year = String(shown.getUTCFullYear());
  const list = (part: string) =>
    given.parts.reduce((text, separator) => text + separator + part, part);
  const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = ''] = given.texts;
  return {
    time_local: `${day}/${MONTHS[shown.getUTCMonth()]}/${year}:${clock} ${sign}${zone.join('')}`,
    time_iso8601: `${year}-${two(shown.getUTCMonth() + 1)}-${day}T${clock}${sign}${zone.join(':')}`,
    msec: `${given.seconds}.${String(given.status).padStart(3, '0')}`,
    status: String(given.status).padStart(3, '0'),
    bytes_sent: String(given.bytes ?? '-'),
    body_bytes_sent: String(given.bytes ?? '-'),
    request_length: String(given.bytesIn ?? '-'),
    request_time: given.milliseconds === null ? '-' : (given.milliseconds / 1000).toFixed(3),
    remote_addr: given.address,
    server_name: given.tokens[0] ?? '',
    proxy_upstream_name: given.tokens[1] ?? '',
    proxy_alternative_upstream_name: given.tokens[2] ?? '',
    scheme: given.tokens[3] ?? '',
    upstream_cache_status: given.tokens[4] ?? '',
    request_method: given.tokens[5] ?? '',
    gzip_ratio: given.tokens[6] ?? '',
    host: given.host,
    server_port: '443',
    upstream_addr: list('10.0.0.1:8080'),
    upstream_status: list('502'),
    upstream_response_time: list('0.001'),
    upstream_connect_time: list('-'),
    upstream_header_time: list('0.120'),
    upstream_response_length: list('0'),
    remote_user: a,
    request: b,
    http_referer: c,
    http_user_agent: d,
    http_x_forwarded_for: e,
    req_id: f,
    request_uri: g,
    http_cookie: h,
    server: h,
    http_host: given.host,
    request_line: b,
    secretfilter: b,
    duration: '0',
    hosting_user: '-',
    kong_request_id: f,
    request_time_ms: String(given.milliseconds ?? 0),
    traefik_requests: '12',
    traefik_router: h,
    upstream_scheme: 'http',
    upstream_host: given.host,
    upstream_uri: '/',
  };
}

/** Any order of variables: free ones in quotes or, at most one to a stretch, without. */
export const anyFormat = fc
  .record({
    time: fc.constantFrom('time_local', 'time_iso8601', 'msec'),
    others: fc.subarray(
      [
        'body_bytes_sent',
        'request_length',
        'request_time',
        'remote_addr',
        'server_name',
        'scheme',
        'proxy_upstream_name',
        'upstream_addr',
        'upstream_status',
        'upstream_response_time',
        'remote_user',
        'request',
        'http_referer',
        'http_user_agent',
        'request_uri',
      ],
      { minLength: 1 },
    ),
    order: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    quoted: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
    literals: fc.array(fc.constantFrom(' ', ' - ', ' [', '] ', '|', ' rt=', ', ', ';', '"x" '), {
      minLength: 20,
      maxLength: 20,
    }),
  })
  .map(({ time, others, order, quoted, literals }) =>
    [time, 'status', ...others]
      .map((name, i) => ({ name, key: order[i] ?? 0 }))
      .sort((one, other) => one.key - other.key)
      .map(({ name }, i) => (quoted[i] === true ? `"$${name}"` : `$${name}`) + (literals[i] ?? ' '))
      .join(''),
  )
  .filter((format) => format !== '' && !format.startsWith('"'));
