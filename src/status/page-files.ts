import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** The document and the script of the page, as they were bundled: gzip, base64. */
export interface PageBundle {
  readonly document: string;
  readonly script: string;
}

/** Serves them, packed for whoever takes gzip. */
export class PageFiles {
  readonly #document: Buffer<ArrayBuffer>;
  readonly #script: Buffer<ArrayBuffer>;
  /** For the content security policy: the one style that the document may have. */
  readonly styleHash: string;

  constructor({ document, script }: PageBundle) {
    this.#document = Buffer.from(document, 'base64');
    this.#script = Buffer.from(script, 'base64');
    const html = gunzipSync(this.#document).toString('utf8');
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    this.styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
  }

  document(acceptEncoding: string | undefined): Response {
    return answer(acceptEncoding, this.#document, 'text/html; charset=utf-8');
  }

  script(acceptEncoding: string | undefined): Response {
    return answer(acceptEncoding, this.#script, 'text/javascript; charset=utf-8');
  }
}

function answer(accepted: string | undefined, packed: Buffer<ArrayBuffer>, type: string): Response {
  const headers = { 'Content-Type': type, Vary: 'Accept-Encoding' };
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(accepted ?? '');
  return takesGzip
    ? new Response(packed, { headers: { ...headers, 'Content-Encoding': 'gzip' } })
    : new Response(gunzipSync(packed), { headers });
}
