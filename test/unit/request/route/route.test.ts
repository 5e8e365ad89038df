import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { createByteHash } from '../../../../src/wasm/byte-hash.ts';
import { readPathRule } from '../../../../src/request/route/path-rule.ts';
import { ROUTE_BYTES_MAX } from '../../../../src/request/route/route-template.ts';
import { NO_ROUTE, ROUTE_TABLE_BYTES, RouteTable } from '../../../../src/request/route/route.ts';
import { slotOf } from '../../../support/slot-of.ts';

const encoder = new TextEncoder();

function tableOf(options: { routes?: string[]; ignored?: string[] } = {}): RouteTable {
  return new RouteTable({
    hash: createByteHash(ROUTE_TABLE_BYTES),
    routes: (options.routes ?? []).map(readPathRule),
    ignored: (options.ignored ?? []).map(readPathRule),
    safeName: (text) => text,
  });
}

const plain = tableOf();

function routeOf(target: string | Uint8Array, table: RouteTable = plain): string {
  const bytes = typeof target === 'string' ? encoder.encode(target) : target;
  return table.names[slotOf(table, bytes, 0, bytes.length)] ?? '';
}

const CASES: Readonly<Record<string, readonly (readonly [target: string, route: string])[]>> = {
  'words of the site stay': [
    ['/', '/'],
    ['/api/v1/users', '/api/v1/users'],
    ['/api/v2.1/health', '/api/v2.1/health'],
    ['/apis/apps/v1beta2/deployments', '/apis/apps/v1beta2/deployments'],
    ['/wp-admin/admin-ajax.php', '/wp-admin/admin-ajax.php'],
    ['/oauth2/token', '/oauth2/token'],
    ['/robots.txt', '/robots.txt'],
    ['/index.html', '/index.html'],
    ['/about-us.html', '/about-us.html'],
    ['/getUserByIdAndStatus', '/getUserByIdAndStatus'],
    ['/.well-known/acme-challenge', '/.well-known/acme-challenge'],
    ['/Facade/decade', '/Facade/decade'],
    ['/.env', '/.env'],
    ['/forgot-password', '/forgot-password'],
  ],
  'names of programs stay behind any prefix': [
    ['/users/wp-login.php', '/users/wp-login.php'],
    ['/blog/wp-json/wp/v2/posts/12', '/blog/wp-json/wp/v2/posts/:id'],
    ['/tag/wp-cron.php', '/tag/wp-cron.php'],
    ['/shop/xmlrpc.php', '/shop/xmlrpc.php'],
  ],
  'words that are no names keep their extension': [
    ['/users/me.json', '/users/me.json'],
    ['/users/transactions.json', '/users/transactions.json'],
    ['/users/alice.json', '/users/:id.json'],
    ['/user/login.html', '/user/login.html'],
    ['/user/settings.php', '/user/settings.php'],
  ],
  'endpoints in kebab case are no titles': [
    [
      '/v1-list-previous-pending-tasks/66d4b1d0a92bedb5aa316f75',
      '/v1-list-previous-pending-tasks/:id',
    ],
    ['/list-all-my-open-orders', '/list-all-my-open-orders'],
    ['/api/get-user-by-email-address', '/api/get-user-by-email-address'],
    ['/products/add-to-cart', '/products/add-to-cart'],
    ['/shop/my-account', '/shop/my-account'],
    // What stands where titles stand is one, whatever its first word.
    ['/blog/get-rich-with-good-soap', '/blog/:id'],
    ['/make-your-own-soap-at-home/', '/:id'],
    ['/products/red-woollen-scarf', '/products/:id'],
  ],
  'numbers, dates and versions of things': [
    ['/users/42', '/users/:id'],
    ['/2024/05/17/news', '/:id/:id/:id/news'],
    ['/report/2024-05-17', '/report/:id'],
    ['/at/2024-05-17T10:00:00Z', '/at/:id'],
    ['/releases/1.3.2', '/releases/:id'],
    ['/geo/51.5074,-0.1278', '/geo/:id'],
    ['/blog/page/2', '/blog/page/:id'],
  ],
  'hashes and tokens': [
    ['/o/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/o/:id'],
    ['/o/3F2504E0-4F89-11D3-9A0C-0305E82C3301/items', '/o/:id/items'],
    ['/commit/da39a3ee', '/commit/:id'],
    ['/commit/da39a3ee5e6b4b0d3255bfef95601890afd80709', '/commit/:id'],
    ['/m/507f1f77bcf86cd799439011', '/m/:id'],
    ['/u/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/u/:id'],
    ['/watch/dQw4w9WgXcQ', '/watch/:id'],
    ['/s/aGVsbG8gd29ybGQ=', '/s/:id'],
    ['/cus/cus_9s6XKzkNRiz8i3', '/cus/:id'],
    ['/n/V1StGXR8_Z5jdHi6B-myT', '/n/:id'],
    ['/k/QWxhZGRpbjpvcGVuIHNl', '/k/:id'],
    ['/j/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', '/j/:id'],
  ],
  'slugs with ids, titles, names': [
    ['/p/red-shoes-12345', '/p/:id'],
    ['/12345-red-shoes', '/:id'],
    ['/item/sku12345', '/item/:id'],
    ['/how-to-boil-an-egg', '/:id'],
    ['/how-to-boil-eggs/', '/:id'],
    ['/how-to-boil-eggs', '/how-to-boil-eggs'],
    ['/users/by-email/jane%40example.com', '/users/by-email/:id'],
    ['/blog/ssl-latency', '/blog/:id'],
    ['/blog/geekery/ssl-latency.html', '/blog/geekery/:id.html'],
    ['/why-we-moved-to-rust.html', '/:id.html'],
    ['/product/red_shoes', '/product/:id'],
    ['/product/search', '/product/search'],
    ['/tags/jquery%20mobile', '/tags/:id'],
    ['/users/alice', '/users/:id'],
    ['/users/me', '/users/me'],
    ['/users/alice/orders', '/users/:id/orders'],
    ['/users/login', '/users/login'],
    ['/@alice', '/:id'],
    ['/unsubscribe/jane.doe@example.com', '/unsubscribe/:id'],
    ['/unsubscribe/jane.doe%40example.com', '/unsubscribe/:id'],
  ],
  'locale prefixes stay': [
    ['/en/about', '/en/about'],
    ['/en-US/users/7', '/en-US/users/:id'],
    ['/pt_BR/', '/pt_BR'],
    ['/zh-Hans/docs', '/zh-Hans/docs'],
    ['/es-419/x', '/es-419/x'],
  ],
  'static files fold by folder and extension': [
    ['/favicon.ico', '/*.ico'],
    ['/assets/css/main.3f9a1c2b.css', '/assets/css/*.css'],
    ['/assets/css/MAIN.CSS', '/assets/css/*.css'],
    ['/_next/static/chunks/pages/index-0a1b2c.js', '/_next/static/*.js'],
    ['/uploads/2024/05/cat.jpeg', '/uploads/:id/*.jpeg'],
    ['/app.js/', '/app.js'],
    ['/v1.2.tar.gz', '/*.gz'],
  ],
  'query, parameters, doubled and trailing slashes do not matter': [
    ['/search?q=shoes&page=2', '/search'],
    ['/?p=1', '/'],
    ['/cart;jsessionid=0A1B2C/items', '/cart/items'],
    ['/;jsessionid=0A1B2C', '/'],
    ['//api///users/', '/api/users'],
    ['/a#b', '/a'],
  ],
  'other forms of targets': [
    ['http://example.com/users/7?x', '/users/:id'],
    ['https://example.com', NO_ROUTE],
    ['https://example.com?x=/y', NO_ROUTE],
    ['example.com:443', NO_ROUTE],
    ['*', NO_ROUTE],
    ['', NO_ROUTE],
    ['\u0016\u0003\u0001', NO_ROUTE],
  ],
  'encoded bytes are decoded once, and never to another shape': [
    ['/caf%C3%A9', '/café'],
    ['/caf\\xC3\\xA9', '/café'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a%25bc', '/a%25bc'],
    ['/a%00b', '/a%00b'],
    ['/a\u0000b', '/a_b'],
    ['/a%3Fb', '/a%3Fb'],
    ['/a%', '/a%'],
    ['/a%4', '/a%4'],
    ['/%zz', '/%zz'],
    ['/a\\x22b', '/a"b'],
    ['/a\\x5CxC3', '/a\\xC3'],
    ['/a\\x3Fb', '/a'],
    ['\\/a\\/caf\\u00e9\\/7', '/a/café/:id'],
    ['/a\\x2', '/a\\x2'],
    ['/%41pi', '/Api'],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  test(name, () => {
    assert.deepEqual(
      cases.map(([target]) => [target, routeOf(target)]),
      cases,
    );
  });
}

test('deep and long paths are cut', () => {
  assert.equal(routeOf('/a/b/c/d/e/f/g/h'), '/a/b/c/d/e/f/g/h');
  assert.equal(routeOf('/a/b/c/d/e/f/g/h/i'), '/a/b/c/d/e/f/g/h/*');
  assert.equal(routeOf('/a'.repeat(120)), '/a/a/a/a/a/a/a/a/*');
  const long = 'abcdefghijklmnopqrstuvwxyz-';
  assert.equal(routeOf(`/${`${long}/`.repeat(8)}x`), `${`/${long}`.repeat(7)}/*`);
  assert.equal(routeOf(`/x/${'y'.repeat(5000)}`), '/x/:id/*');
});

test('whatever is asked for, the route is short, begins with a slash or is none, and is stable', () => {
  const piece = fc.oneof(
    fc.constantFrom('/', '//', '%', '%2', '%2F', '%00', '\\x', '\\xff', ';', '?', '.', '..', ':id'),
    fc.stringMatching(/^[a-z0-9-]{1,12}$/),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, slash) => {
      const target = encoder.encode((slash ? '/' : '') + pieces.join(''));
      const route = routeOf(target);
      assert.equal(routeOf(target, tableOf()), route);
      assert.ok(route === NO_ROUTE || route.startsWith('/'), route);
      const { length } = encoder.encode(route);
      // Invalid UTF-8 is replaced by three bytes for one; the caller cuts that.
      assert.ok(length <= 3 * ROUTE_BYTES_MAX);
      assert.ok(!/[\u0000-\u001f\u007f?]/u.test(route), route);
    }),
  );
});

test('the query never changes the route', () => {
  const word = fc.stringMatching(/^[a-z0-9%.-]{1,10}$/);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), fc.string(), (words, query) => {
      const path = `/${words.join('/')}`;
      assert.equal(routeOf(`${path}?${query}`), routeOf(path));
    }),
  );
});

test('own rules come first, in their order; the rest keeps its template', () => {
  const table = tableOf({
    routes: ['/shop/new', '/shop/:category/:item', '/api/*', '/files/*.php', '/*/edit'],
  });
  const routes = [
    '/shop/new',
    '/shop/shoes/red-12',
    '/shop/shoes',
    '/shop/a/b/c',
    '/api',
    '/api/v1/users/7',
    '/files/x.php',
    '/files/x.php5',
    '/%66iles/x.php',
    '/posts/edit/',
    '/edit',
  ].map((target) => routeOf(target, table));
  assert.deepEqual(routes, [
    '/shop/new',
    '/shop/:category/:item',
    '/shop/shoes',
    '/shop/a/b/c',
    '/api/*',
    '/api/*',
    '/files/*.php',
    '/files/x.php5',
    '/files/*.php',
    '/*/edit',
    '/edit',
  ]);
});

test('paths to be ignored are marked, whatever their route', () => {
  const table = tableOf({ routes: ['/internal/*'], ignored: ['/healthz', '/internal/live'] });
  const marked = ['/healthz', '/healthz/?x=1', '/healthz/deep', '/internal/live', '/'].map(
    (target) => {
      const bytes = encoder.encode(target);
      return table.ignored[slotOf(table, bytes, 0, bytes.length)];
    },
  );
  assert.deepEqual(marked, [1, 1, 0, 1, 0]);
  assert.equal(routeOf('/internal/live', table), '/internal/*');
});

test('a known path is not worked out again', () => {
  const table = tableOf();
  let entered = 0;
  for (let i = 0; i < 5; i++) {
    const bytes = encoder.encode(`/api/users?page=${i}`);
    slotOf(table, bytes, 0, bytes.length, () => entered++);
  }
  assert.equal(entered, 1);
});

test('names go through the rule for tag values, and equal names have equal hashes', () => {
  const table = new RouteTable({
    hash: createByteHash(ROUTE_TABLE_BYTES),
    routes: [],
    ignored: [],
    safeName: (text) => text.toUpperCase(),
  });
  const [a, b] = ['/users/1', '/users/2'].map((target) => {
    const bytes = encoder.encode(target);
    return slotOf(table, bytes, 0, bytes.length);
  });
  assert.notEqual(a, b);
  assert.equal(table.names[a!], '/USERS/:ID');
  assert.equal(table.hashes[a!], table.hashes[b!]);
});
