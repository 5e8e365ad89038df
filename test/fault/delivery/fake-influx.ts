import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { defer } from '../../support/defer.ts';

/** What the fake does with one request. `write` stores lines as InfluxDB would: the last value wins. */
export interface Exchange {
  /** Lines of the body without line feeds; empty when the body was not read. */
  readonly lines: readonly string[];
  readonly bodyBytes: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly write: (lines: readonly string[]) => void;
}

export type Step = (exchange: Exchange) => void;

/**
 * NOT an InfluxDB: a scripted HTTP server that answers each request with the next step of its
 * script, and with `otherwise` when the script is over. What it says is taken from replies of real
 * servers; whether they say so is for the integration tests to see.
 */
export class FakeInflux {
  /** Points by key and time. */
  readonly stored = new Map<string, string>();
  /** Per request: path, headers, lines. */
  readonly requests: {
    path: string;
    authorization: string | undefined;
    lines: readonly string[];
  }[] = [];
  script: Step[] = [];
  otherwise: Step = writeAll;
  /** Steps of this kind answer before the body has been read. */
  early: ((request: IncomingMessage) => boolean) | undefined;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(t: TestContext): Promise<FakeInflux> {
    const fake = new FakeInflux();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    defer(t, () => {
      fake.#server.closeAllConnections();
      fake.#server.close();
    });
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // A connection that the fake itself has cut complains.
    request.on('error', () => {});
    if (this.early?.(request) === true) {
      this.#note(request, []);
      request.socket.destroy();
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const isGzipped = request.headers['content-encoding'] === 'gzip';
      const text = isGzipped ? gunzipSync(body) : body;
      const lines = text.toString().trimEnd().split('\n');
      this.#note(request, lines);
      const step = this.script.shift() ?? this.otherwise;
      const write = (good: readonly string[]): void => {
        for (const line of good) this.stored.set(keyOf(line), line);
      };
      step({ lines, bodyBytes: body.length, request, response, write });
    });
  }

  #note(request: IncomingMessage, lines: readonly string[]): void {
    const { authorization } = request.headers;
    this.requests.push({ path: request.url ?? '', authorization, lines });
  }
}

/** Series and time: a line without its fields. No line of these tests has an escaped space. */
function keyOf(line: string): string {
  const [series, , time] = line.split(' ');
  return `${series} ${time}`;
}

export const writeAll: Step = ({ lines, response, write }) => {
  write(lines);
  response.writeHead(204).end();
};

export function says(
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = {},
): Step {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ({ response }) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Accepts the request and never answers. */
export const hang: Step = () => {};

/** Answers and cuts the connection before the end of the answer. */
export const cutReply: Step = ({ lines, response, write, request }) => {
  write(lines);
  response.writeHead(200, { 'content-length': '1000' });
  response.write('half', () => request.socket.destroy());
};

/** Closes the connection instead of answering. */
export const reset: Step = ({ request }) => request.socket.destroy();
