import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { SeededRandom } from './seeded-random.ts';

/** What stands between the meter and the database, and what it does to their talk. */
const PROXY_FAULTS = [
  'reset-mid-body',
  '503',
  '429',
  '413',
  '401',
  'hang',
  'cut-reply',
  'refuse',
  'gateway-400',
  'web-page-200',
  'web-page-422',
  'strip-encoding',
] as const;
export type ProxyMode = 'pass' | (typeof PROXY_FAULTS)[number];

/** Those after which the meter waits for an operator. */
export const ASKING_MODES: ReadonlySet<ProxyMode> = new Set<ProxyMode>([
  '401',
  'gateway-400',
  'web-page-200',
  'web-page-422',
]);

const PAGE = { 'content-type': 'text/html', server: 'gate' };

/** Hands out the faults of the proxy so that each has its turn. */
export class FaultRota {
  #left: ProxyMode[] = [];

  next(random: SeededRandom): ProxyMode {
    if (this.#left.length === 0) this.#left = [...PROXY_FAULTS];
    const mode = random.pick(this.#left);
    this.#left = this.#left.filter((one) => one !== mode);
    return mode;
  }
}

/** In mode 413 a request may hold so many points. */
const POINTS_MAX_IN_413 = 3;

export interface ObservedPoint {
  /** Measurement, tags and timestamp. */
  readonly key: string;
  readonly measurement: string;
  readonly fields: string;
}

/** A proxy in this process, so that a test can switch it and see every point that was taken. */
export class InfluxProxy {
  /** Points of each write that the database acknowledged, whether or not the meter learnt it. */
  onTaken: (points: readonly ObservedPoint[]) => void = () => {};
  readonly requests: Record<string, number> = {};
  readonly #target: URL;
  readonly #server = createServer((req, res) => this.#handle(req, res));
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #mode: ProxyMode = 'pass';

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(target: string): Promise<InfluxProxy> {
    const proxy = new InfluxProxy(target);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  async setMode(mode: ProxyMode): Promise<void> {
    const was = this.#mode;
    this.#mode = mode;
    if (was === 'hang' || mode === 'refuse') for (const socket of this.#sockets) socket.destroy();
    if (mode === 'refuse' && was !== 'refuse') await this.#stopListening();
    if (mode !== 'refuse' && was === 'refuse') await this.#listen();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await this.#stopListening();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        resolve();
      });
    });
  }

  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #handle(req: IncomingMessage, res: ServerResponse): void {
    const mode = this.#mode;
    this.requests[mode] = (this.requests[mode] ?? 0) + 1;
    req.on('error', () => req.destroy());
    res.on('error', () => req.destroy());
    if (mode === 'hang') return;
    if (mode === 'reset-mid-body') {
      req.once('data', () => req.socket.resetAndDestroy());
      return;
    }
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      if (mode === '503') return void res.writeHead(503).end('{"error":"engine is closed"}');
      if (mode === '429') return void res.writeHead(429, { 'retry-after': '1' }).end();
      if (mode === '401') return void res.writeHead(401).end('{"error":"authorization failed"}');
      if (mode === 'gateway-400') {
        const json = { 'content-type': 'application/json', server: 'gate' };
        return void res.writeHead(400, json).end('{"message":"Bad Request"}');
      }
      if (mode === 'web-page-200') return void res.writeHead(200, PAGE).end('<html>Sign in</html>');
      if (mode === 'web-page-422') return void res.writeHead(422, PAGE).end('<html>No</html>');
      if (mode === 'strip-encoding') delete req.headers['content-encoding'];
      const points = pointsOf(body);
      if (mode === '413' && points.length > POINTS_MAX_IN_413) {
        return void res.writeHead(413).end('{"error":"Request Entity Too Large"}');
      }
      this.#forward(req, res, body, points, mode === 'cut-reply');
    });
  }

  #forward(
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
    points: readonly ObservedPoint[],
    cutsReply: boolean,
  ): void {
    const { method, headers } = req;
    const url = new URL(req.url ?? '/', this.#target);
    const onward = request(
      url,
      { method: method ?? 'GET', headers: { ...headers, host: url.host }, agent: false },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', () => req.socket.destroy());
        reply.on('end', () => {
          const status = reply.statusCode ?? 502;
          if (status === 204) this.onTaken(points);
          if (cutsReply) req.socket.resetAndDestroy();
          else res.writeHead(status, reply.headers).end(Buffer.concat(chunks));
        });
      },
    );
    onward.on('error', () => req.socket.destroy());
    onward.end(body);
  }
}

function pointsOf(body: Buffer): ObservedPoint[] {
  if (body.length === 0) return [];
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const text = (isGzip ? gunzipSync(body) : body).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      // The campaigns' tags have no spaces, and there are no string fields.
      const [series = '', fields = '', time = ''] = line.split(' ');
      return { key: `${series} ${time}`, measurement: series.split(',', 1)[0] ?? '', fields };
    });
}
