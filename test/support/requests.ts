import { connect, type Socket } from 'node:net';
import { SITE_STATUSES, type Nginx } from './nginx.ts';
import { waitUntil } from './wait-until.ts';

/**
 * Requests as real clients, broken clients and scanners send them, byte by byte over a socket,
 * because no HTTP library would. Each kind knows how many lines it leaves in the access log.
 */
export interface RequestKind {
  readonly name: string;
  readonly lines: number;
  readonly send: (nginx: Nginx) => Promise<unknown>;
}

export interface ExchangeOptions {
  readonly host?: string;
  readonly port?: number;
  /** Sends FIN after the bytes, as a client that has nothing more to say. */
  readonly halfClose?: boolean;
}

/** Sends bytes on a connection of its own and gives back all that came until it was closed. */
export function exchange(
  nginx: Nginx,
  bytes: string | Uint8Array,
  options: ExchangeOptions = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(options.port ?? nginx.port, options.host ?? '127.0.0.1', () => {
      if (options.halfClose === true) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error('no end of the reply in 20 s')));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (failure: NodeJS.ErrnoException) => {
      // A reset after the reply is a way to close, too.
      if (failure.code === 'ECONNRESET' || failure.code === 'EPIPE') resolve(Buffer.concat(chunks));
      else reject(failure);
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

export interface RequestParts {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  readonly host?: string;
  /** Raw header lines without line ends; bytes as latin1 characters. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** The bytes of one request that asks for the connection to be closed; text is latin1, one char per byte. */
export function requestBytes(parts: RequestParts = {}): Buffer {
  const { method = 'GET', target = '/', version = 'HTTP/1.1', host = 'alpha.test' } = parts;
  const lines = [`${method} ${target} ${version}`, `Host: ${host}`, 'Connection: close'];
  lines.push(...(parts.headers ?? []));
  if (parts.body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(parts.body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${parts.body ?? ''}`, 'latin1');
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const basic = (user: string, password = 'secret'): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const one = (name: string, parts: RequestParts): RequestKind => ({
  name,
  lines: 1,
  send: (nginx) => exchange(nginx, requestBytes(parts)),
});
const raw = (
  name: string,
  bytes: string | Uint8Array,
  options: ExchangeOptions = {},
  lines = 1,
): RequestKind => ({
  name,
  lines,
  send: (nginx) =>
    exchange(nginx, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, options),
});

/** A TLS ClientHello as far as a server that expects text looks at it. */
const TLS_HELLO = Buffer.from(
  '16030100f1010000ed0303aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabb20',
  'hex',
);

export const REQUEST_KINDS: readonly RequestKind[] = [
  one('plain GET', { target: '/' }),
  ...SITE_STATUSES.map((status) => one(`status ${status}`, { target: `/status/${status}` })),
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'BREW'].map((method) =>
    one(`method ${method}`, { method, target: '/status/200', body: 'a=1' }),
  ),
  one('HEAD', { method: 'HEAD', target: '/bytes/1000' }),
  one('file of 0 bytes', { target: '/bytes/0' }),
  one('file of 100 kB', { target: '/bytes/100000' }),
  one('range', { target: '/bytes/1000', headers: ['Range: bytes=0-99'] }),
  one('another site', { target: '/', host: 'beta.test' }),
  one('unknown site', { target: '/', host: 'no such site' }),
  one('referer', { headers: ['Referer: http://alpha.test/a b?c="d"'] }),
  one('query with everything', { target: '/status/200?a=1&b=%22%20%5C&c[]=x;y=|' }),
  one('quote and backslash in the agent', { headers: ['User-Agent: a "quoted" \\agent\\ \\'] }),
  one('agent that looks like a log line', {
    headers: [
      'User-Agent: " 200 1 "-" "-" 9.9.9.9 - - [01/Jan/2030:00:00:00 +0000] "GET / HTTP/1.1',
    ],
  }),
  one('tab in the agent', { headers: ['User-Agent: a\tb'] }),
  one('empty agent', { headers: ['User-Agent:'] }),
  one('UTF-8 in the agent', { headers: [`User-Agent: ${utf8('Größe – 日本 🙂')}`] }),
  one('bytes that are not UTF-8', { headers: ['User-Agent: \xff\xfe\x80 \xc3'] }),
  one('terminal escape in the agent', { headers: ['User-Agent: \x1b[31mred\x1b[0m'] }),
  one('UTF-8 in the URL', { target: utf8('/größe/日本?q=ü') }),
  one('dot segments and escapes in the URL', { target: '/a/../status/./404?%00%0a' }),
  one('URL of 20 kB', { target: `/status/200?${'q'.repeat(20_000)}` }),
  one('URL beyond the limit', { target: `/${'q'.repeat(70_000)}` }),
  one('header beyond the limit', { headers: [`X-Big: ${'h'.repeat(70_000)}`] }),
  one('user with spaces and brackets', { headers: [basic('a user [with] - - [brackets]')] }),
  one('user with quotes', { headers: [basic('x" 200 1 "-" "-')] }),
  one('user in UTF-8', { headers: [basic('jürgen 🙂')] }),
  one('empty user', { headers: [basic('')] }),
  raw('HTTP/1.0 without Host', 'GET /status/200 HTTP/1.0\r\n\r\n'),
  raw('HTTP/0.9', 'GET /status/200\r\n', { halfClose: true }),
  raw('unknown version', 'GET / HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n'),
  raw('no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'),
  raw('lower-case method', 'get / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  raw('a word alone', 'hello\r\n\r\n', { halfClose: true }),
  raw('an empty line', '\r\n', { halfClose: true }),
  raw('half a request line', 'GE', { halfClose: true }),
  raw('half a header', 'GET / HTTP/1.1\r\nHost: al', { halfClose: true }),
  raw('TLS to the plain port', TLS_HELLO, { halfClose: true }),
  raw('binary', Buffer.from('000102030405ff', 'hex'), { halfClose: true }),
  raw('an SSH client', 'SSH-2.0-scanner\r\n', { halfClose: true }),
  raw('nothing at all', '', { halfClose: true }, 0),
  raw(
    'five requests in one write',
    Buffer.concat([
      ...[1, 2, 3, 4].map((n) => Buffer.from(`GET /status/200?n=${n} HTTP/1.1\r\nHost: x\r\n\r\n`)),
      requestBytes({ target: '/status/404?n=5' }),
    ]),
    {},
    5,
  ),
  {
    name: 'a body in chunks',
    lines: 1,
    send: (nginx) =>
      exchange(
        nginx,
        'POST /app/ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
          '5\r\nhello\r\n0\r\n\r\n',
      ),
  },
  one('the upstream', { target: '/app/ok' }),
  one('the upstream, slow', { target: '/app/sleep/25' }),
  one('the upstream, failing', { target: '/app/status/503' }),
  one('a dead upstream', { target: '/dead' }),
  one('a group with a dead upstream', { target: '/flaky/ok' }),
  one('a group with a dead upstream, again', { target: '/flaky/ok' }),
  { name: 'IPv6', lines: 1, send: sendOverIpv6 },
  { name: 'a client that goes away (499)', lines: 1, send: sendAndLeave },
];

async function sendOverIpv6(nginx: Nginx): Promise<void> {
  if (nginx.port6 === undefined) {
    throw new Error('this machine has no IPv6 loopback address (::1): switch IPv6 on for lo');
  }
  await exchange(nginx, requestBytes(), { host: '::1', port: nginx.port6 });
}

/** Leaves while the upstream still works on the answer; nginx logs 499. */
async function sendAndLeave(nginx: Nginx): Promise<void> {
  const before = nginx.upstream.hanging;
  const socket: Socket = connect(nginx.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(requestBytes({ target: '/app/hang' }));
  await waitUntil('the upstream has the request', () => nginx.upstream.hanging > before);
  socket.destroy();
  await waitUntil('nginx has given it up', () => nginx.upstream.hanging <= before);
}

/** Sends each kind once, in order, and returns how many lines that leaves in the access log. */
export async function sendEveryKind(
  nginx: Nginx,
  kinds: readonly RequestKind[] = REQUEST_KINDS,
): Promise<number> {
  let lines = 0;
  for (const kind of kinds) {
    try {
      await kind.send(nginx);
    } catch (failure) {
      throw new Error(`request "${kind.name}" failed`, { cause: failure });
    }
    lines += kind.lines;
  }
  return lines;
}

/**
 * `count` requests over `connections` kept-alive connections at once: traffic, quickly. Rejects
 * unless each of them was answered. (Not /status/500: nginx closes the connection after that one.)
 */
export async function sendMany(
  nginx: Nginx,
  count: number,
  options: { readonly connections?: number; readonly targets?: readonly string[] } = {},
): Promise<void> {
  const targets = options.targets ?? ['/', '/status/404', '/bytes/1000', '/status/503'];
  const connections = Math.min(options.connections ?? 4, count);
  const shares = Array.from({ length: connections }, async (_, index) => {
    const share = Math.floor(count / connections) + (index < count % connections ? 1 : 0);
    const requests: Buffer[] = [];
    for (let n = 0; n < share; n += 1) {
      const target = `${targets[(n + index) % targets.length] ?? '/'}?n=${n}`;
      const last = n === share - 1;
      requests.push(
        last
          ? requestBytes({ target })
          : Buffer.from(`GET ${target} HTTP/1.1\r\nHost: alpha.test\r\n\r\n`),
      );
    }
    const replies = (await exchange(nginx, Buffer.concat(requests))).toString('latin1');
    const answered = replies.split('HTTP/1.1 ').length - 1;
    if (answered !== share) throw new Error(`${answered} of ${share} requests were answered`);
  });
  await Promise.all(shares);
}
