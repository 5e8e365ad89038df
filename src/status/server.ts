import type { Server } from 'node:http';
import { serve, type Http2Bindings, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { printable } from '../text/printable.ts';
import { boundServer, ConnectionBounds, SERVER_OPTIONS } from './connection-bounds.ts';
import { MetricsPage } from './metrics.ts';
import type { StatusSnapshot } from './meter-status.ts';
import { addPageRoutes, type PageParts, type StatusApp } from './page-routes.ts';
import { isAlive, LOOP_STUCK_MS, unreadyReasons } from './readiness.ts';

/**
 * The status server: it only shows, decides nothing and takes nothing. GET and HEAD, no bodies, no
 * files. It owns one socket; when that is lost the meter goes on; when the port is taken at the
 * start, the start fails with a ListenError.
 */

/** The routes without a socket; those of the page are there with its parts. */
export function statusApp(snapshot: StatusSnapshot, page?: PageParts): StatusApp {
  const app: StatusApp = new Hono();
  const metrics = new MetricsPage();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        ...(page === undefined ? {} : pageSources(page)),
      },
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
    }),
  );
  app.use(async (context, next) => {
    const { method } = context.req;
    if (method !== 'GET' && method !== 'HEAD') {
      return context.text('Only GET and HEAD.\n', 405, { Allow: 'GET, HEAD' });
    }
    await next();
    context.header('Cache-Control', 'no-store');
    return undefined;
  });
  if (page === undefined) app.get('/', (context) => context.text(indexText(snapshot().version)));
  else addPageRoutes(app, snapshot, page);
  app.get('/healthz', (context) => {
    const status = snapshot();
    if (isAlive(status)) return context.text('ok\n');
    const seconds = Math.round(status.sinceTurnMs / 1000);
    const limit = LOOP_STUCK_MS / 1000;
    return context.text(`The loop has not turned for ${seconds} s (limit ${limit} s).\n`, 503);
  });
  app.get('/readyz', (context) => {
    const status = snapshot();
    const reasons = unreadyReasons(status);
    const ready = reasons.length === 0;
    return context.json(escapeStrings({ ready, reasons }), ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    const text = await metrics.render(snapshot());
    return context.body(text, 200, { 'Content-Type': metrics.contentType });
  });
  app.notFound((context) =>
    context.text('Not found. There are /, /healthz, /readyz and /metrics.\n', 404),
  );
  app.onError((_, context) => context.text('The status could not be shown.\n', 500));
  return app;
}

/** The page takes its own script, style and data, and an empty picture for its icon; nothing else. */
function pageSources({ files }: PageParts) {
  return {
    scriptSrc: ["'self'"],
    connectSrc: ["'self'"],
    styleSrc: [files.styleHash],
    imgSrc: ['data:'],
  };
}

function indexText(version: string): string {
  return [
    `nginx-meter ${version}`,
    '',
    '/healthz   200 while the loop turns',
    '/readyz    200 while everything is read and written, else 503 with the reasons',
    '/metrics   figures in the Prometheus text format',
    '',
  ].join('\n');
}

/** JSON leaves some control characters as they are; a path may hold any. */
function escapeStrings(value: unknown): object {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? printable(part) : part,
  );
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null ? parsed : {};
}

/** The server cannot be started; the message names the setting. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface StatusServer {
  /** With the port in use, also where 0 was asked for. */
  readonly address: ListenAddress;
  /** Ends open connections too. */
  close(): Promise<void>;
}

type Bindings = HttpBindings | Http2Bindings;

/** Nobody gets it: the connection is gone. */
const CUT_OFF = new Response(null, { status: 503 });

/** Rejects with a ListenError when it cannot listen at the address. */
export async function startStatusServer(
  address: ListenAddress,
  snapshot: StatusSnapshot,
  page?: PageParts,
): Promise<StatusServer> {
  const app = statusApp(snapshot, page);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const bounds = new ConnectionBounds();
  const server = serve(
    {
      fetch: (request, { incoming, outgoing }: Bindings) =>
        bounds.admit(incoming.socket, outgoing)
          ? app.fetch(request, { peer: incoming.socket.remoteAddress })
          : CUT_OFF,
      hostname: address.host,
      port: address.port,
      serverOptions: SERVER_OPTIONS,
      overrideGlobalObjects: false,
    },
    (info) => resolve(info.port),
  );
  if (hasConnections(server)) boundServer(server);
  server.once('error', (error: Error) => reject(listenError(address, error)));
  const port = await promise;
  // A fault of a single connection is that connection's end and nobody else's.
  server.on('error', () => {});
  return { address: { host: address.host, port }, close: () => closeServer(server) };
}

async function closeServer(server: ReturnType<typeof serve>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  if (hasConnections(server)) server.closeAllConnections();
  await promise;
}

function hasConnections(server: object): server is Server {
  return 'closeAllConnections' in server;
}

function listenError(address: ListenAddress, error: Error): ListenError {
  const { host, port } = address;
  const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const code = 'code' in error ? String(error.code) : '';
  const problem =
    {
      EADDRINUSE:
        'the port is in use; is another meter running? Choose another port, or LISTEN=off',
      EADDRNOTAVAIL: 'this machine has no such address; 0.0.0.0 means every address',
      EACCES: 'ports below 1024 need a privilege; choose a higher one',
      ENOTFOUND: 'the host name is not known; give an address',
      EAI_AGAIN: 'the host name could not be looked up; give an address',
    }[code] ?? error.message;
  return new ListenError(`LISTEN=${printable(shown)} cannot be listened on: ${problem}.`, {
    cause: error,
  });
}
