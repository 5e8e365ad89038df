import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { isbot } from 'isbot';
import {
  AGENT_CLASSES,
  AGENT_TABLE_BYTES,
  AgentTable,
  classifyAgent,
} from '../../../src/request/agent-class.ts';
import { createByteHash } from '../../../src/wasm/byte-hash.ts';
import { TopKey } from '../../../src/request/keys/top-key.ts';
import { slotOf } from '../../support/slot-of.ts';

const utf8 = new TextDecoder();
const KIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15';

const CASES: readonly (readonly [agent: string, agentClass: string])[] = [
  ['', 'empty'],
  ['-', 'empty'],
  ['QS304 Profile/MIDP-2.0 Configuration/CLDC-1.1', 'other'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0', 'firefox'],
  [`${IPHONE} (KHTML, like Gecko) FxiOS/125.0 Mobile/15E148 Safari/605.1.15`, 'firefox'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/125.0.0.0 Safari/537.36`, 'chrome'],
  [`${IPHONE} (KHTML, like Gecko) CriOS/124.0 Mobile/15E148 Safari/604.1`, 'chrome'],
  [`Mozilla/5.0 (Windows NT 10.0) ${KIT} Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0`, 'edge'],
  [`Mozilla/5.0 (Windows NT 10.0) ${KIT} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0`, 'opera'],
  [`${IPHONE} (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1`, 'safari'],
  ['Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)', 'browser'],
  [
    `Mozilla/5.0 (Linux; Android 13) ${KIT} SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36`,
    'browser',
  ],
  ['okhttp/4.12.0', 'app'],
  ['MyApp/7 CFNetwork/1494.0.7 Darwin/23.4.0', 'app'],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'googlebot'],
  ['Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', 'bot-search'],
  ['Mozilla/5.0 (compatible; coccocbot-web/1.0)', 'bot-search'],
  [`Mozilla/5.0 ${KIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot)`, 'bot-ai'],
  ['Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)', 'bot-ai'],
  ['Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)', 'bot-seo'],
  ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'bot-social'],
  [`Mozilla/5.0 (X11; Linux x86_64) ${KIT} HeadlessChrome/125.0.0.0 Safari/537.36`, 'bot'],
  ['Tiny Tiny RSS/24.04 (http://tt-rss.org/)', 'feed'],
  ['Mozilla/5.0 zgrab/0.x', 'scanner'],
  ['kube-probe/1.29', 'monitor'],
  ['Prometheus/2.51.2', 'monitor'],
  ['Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)', 'monitor'],
  ['PRTG Network Monitor (www.paessler.com)', 'monitor'],
  ['DigitalOcean Uptime Probe 0.22.0 (https://digitalocean.com)', 'monitor'],
  ['jetmon/1.0 (Jetpack Site Uptime Monitor by WordPress.com)', 'monitor'],
  ['Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)', 'monitor'],
  ['Blackbox Exporter/0.24.0', 'monitor'],
  ['Mozilla/5.0 (compatible; Uptime/1.0; http://uptime.com)', 'monitor'],
  ['Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers)', 'feed'],
  ['Mozilla/5.0 (compatible; inoreader.com; 3 subscribers)', 'feed'],
  ['NetNewsWire (RSS Reader; https://netnewswire.com/)', 'feed'],
  ['FreshRSS/1.24.0 (Linux; https://freshrss.org)', 'feed'],
  ['AntennaPod/3.4.0', 'feed'],
  ['Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)', 'scanner'],
  ['Mozilla/5.0 (l9scan/2.0; +https://leakix.net)', 'scanner'],
  ['Mozilla/5.0 (compatible; ModatScanner/1.0; +https://modat.io/)', 'scanner'],
  ['Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)', 'scanner'],
  ['CCBot/2.0 (https://commoncrawl.org/faq/)', 'bot-ai'],
  [
    `Mozilla/5.0 ${KIT}; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)`,
    'bot-ai',
  ],
  [
    `Mozilla/5.0 (Linux; Android 5.0) ${KIT} (compatible; Bytespider; spider-feedback@bytedance.com)`,
    'bot-ai',
  ],
  [
    'meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)',
    'bot-ai',
  ],
  [
    'Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)',
    'bot-ai',
  ],
  ['python-httpx/0.27.0', 'library'],
  ['GuzzleHttp/7', 'library'],
  ['reqwest/0.12.4', 'library'],
  ['node-superagent/8.1.2', 'library'],
  ['curl/8.7.1', 'curl'],
  ['Wget/1.21.4', 'wget'],
  ['python-requests/2.31.0', 'library'],
  ['Go-http-client/1.1', 'library'],
  ['Apache-HttpClient/4.5.14 (Java/17.0.10)', 'library'],
  ['axios/1.6.8', 'library'],
  [`Mozilla/5.0 (X11; coding) ${KIT} Chrome/125.0.0.0 Safari/537.36`, 'chrome'],
];

test('agents of every class', () => {
  assert.deepEqual(
    CASES.map(([agent]) => [agent, classifyAgent(agent, isbot)]),
    CASES,
  );
  const covered = new Set(CASES.map(([, agentClass]) => agentClass));
  assert.deepEqual(
    [...AGENT_CLASSES].filter((agentClass) => !covered.has(agentClass)),
    [],
  );
});

test('there are at most 21 classes, whatever a client says', () => {
  assert.ok(AGENT_CLASSES.length <= 21);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (agent) => {
      assert.ok(AGENT_CLASSES.includes(classifyAgent(agent, isbot)));
    }),
  );
});

test('the table answers from its cache, and marks the agents to be ignored', () => {
  let asked = 0;
  const table = new AgentTable({
    hash: createByteHash(AGENT_TABLE_BYTES),
    isBot: () => {
      asked++;
      return false;
    },
    ignored: ['kube-probe', 'our own'],
  });
  const look = (agent: string) => {
    const bytes = new TextEncoder().encode(`"${agent}"`);
    const slot = slotOf(table, bytes, 1, bytes.length - 1);
    const key = new TopKey();
    table.read(0, key);
    assert.equal(utf8.decode(key.bytes.subarray(key.start, key.start + key.length)), agent);
    return [AGENT_CLASSES[table.classes[slot]!], table.ignored[slot]];
  };
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(look('Something of Our Own/1'), ['other', 1]);
    assert.deepEqual(look('kube-probe/1.29'), ['monitor', 1]);
    assert.deepEqual(look('curl/8.7.1'), ['curl', 0]);
    assert.deepEqual(look(''), ['empty', 0]);
  }
  assert.equal(asked, 1);
});

test('an agent without end is judged by its beginning', () => {
  const table = new AgentTable({
    hash: createByteHash(AGENT_TABLE_BYTES),
    isBot: isbot,
    ignored: [],
  });
  const agent = (end: string) => new TextEncoder().encode(`curl/8 ${'x'.repeat(300)}${end}`);
  const [a, b] = [agent('a'), agent('bot')].map((bytes) => slotOf(table, bytes, 0, bytes.length));
  assert.equal(a, b);
  assert.equal(AGENT_CLASSES[table.classes[a!]!], 'curl');
});
