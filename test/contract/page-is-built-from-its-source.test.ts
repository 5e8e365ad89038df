import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { buildPage } from '../../scripts/build-page.ts';
import { PAGE_DOCUMENT, PAGE_SCRIPT } from '../../src/page/bundle.ts';

const packed = (text: string): Buffer => Buffer.from(text, 'base64');

test('bundle.ts is what src/page is bundled to', async () => {
  const built = await buildPage();
  assert.ok(gunzipSync(packed(PAGE_DOCUMENT)).toString() === built.document, 'run `npm run page`');
  assert.ok(gunzipSync(packed(PAGE_SCRIPT)).toString() === built.script, 'run `npm run page`');
});

test('document and script have at most 100 kB together, packed', () => {
  const bytes = packed(PAGE_DOCUMENT).length + packed(PAGE_SCRIPT).length;
  assert.ok(bytes > 10_000 && bytes <= 100_000, `${bytes} bytes`);
});

test('nothing in the page makes markup of text, or asks anybody else', () => {
  const own = gunzipSync(packed(PAGE_DOCUMENT)).toString();
  assert.doesNotMatch(own, /\son\w+=|javascript:|https?:/);
  const script = gunzipSync(packed(PAGE_SCRIPT)).toString();
  assert.doesNotMatch(
    script,
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
  );
});
