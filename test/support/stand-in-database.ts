import { createServer, type IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { defer } from './defer.ts';
import { decodeLines } from './line-protocol-decoder.ts';

/** What is answered to a write; `gone` cuts the connection. */
export type Answer = { readonly status: number; readonly body?: string } | 'gone';

/** An HTTP server in the test's own process that takes line protocol, and keeps what it took as InfluxDB does. */
export interface StandInDatabase {
  readonly url: string;
  /** Writes with points in them. */
  readonly writes: number;
  /** Sum of a field over the points of a measurement; a point that came twice counts once. */
  sum(measurement: string, field: string): number;
}

const TAKEN: Answer = { status: 204 };

/** `answer` is asked for each write, with the points in it; 0 is the question whether it would take any. */
export async function startStandInDatabase(
  t: TestContext,
  answer: (points: number) => Answer = () => TAKEN,
): Promise<StandInDatabase> {
  const points = new Map<string, number>();
  let writes = 0;
  const server = createServer((request, response) => {
    const answered = bodyOf(request).then((body) => {
      const decoded = body.length === 0 ? [] : decodeLines(body);
      const reply = answer(decoded.length);
      if (reply === 'gone') {
        request.socket.destroy();
        return;
      }
      if (decoded.length > 0) writes++;
      if (reply.status < 300) {
        for (const { measurement, seriesKey, timestamp, fields } of decoded) {
          for (const [name, { type, value }] of fields) {
            if (type === 'string') continue;
            points.set(`${measurement} ${name} ${seriesKey} ${String(timestamp)}`, Number(value));
          }
        }
      }
      response.writeHead(reply.status, {
        'x-influxdb-version': '1.12.4',
        'content-type': 'application/json',
      });
      response.end(reply.body ?? '');
    });
    answered.catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  defer(t, () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get writes() {
      return writes;
    },
    sum: (measurement, field) =>
      [...points]
        .filter(([key]) => key.startsWith(`${measurement} ${field} `))
        .reduce((sum, [, value]) => sum + value, 0),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  const body = Buffer.concat(parts);
  return request.headers['content-encoding'] === 'gzip' && body.length > 0
    ? gunzipSync(body)
    : body;
}
