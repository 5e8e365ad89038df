/**
 * Sorts user agents into a few classes: browser families, bots by what they are for, tools, monitors.
 * The list is closed, so a client cannot invent a class; what an agent says of itself is believed.
 *
 * Owns a cache from agents to classes (key-cache.ts): a new agent costs some microseconds. Only the first AGENT_BYTES_MAX bytes of an agent count.
 */
import type { ByteHash } from '../wasm/byte-hash.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from './keys/key-cache.ts';
import {
  ASK,
  KEY_HIGH,
  KEY_LENGTH,
  KEY_LOW,
  KEY_WORDS,
  KeyWords,
  keyWordsBytes,
} from './keys/key-words.ts';
import {
  isStorable,
  storableLength,
  TOP_KEY_BYTES_MAX,
  type KeyColumn,
  type TopKey,
} from './keys/top-key.ts';
import { Unescaper } from '../text/unescaper.ts';

/** Values of `dim=agent`. Index = value of `AgentTable.classes`. */
export const AGENT_CLASSES = [
  'empty', // no agent at all
  'other',
  'chrome',
  'edge',
  'firefox',
  'safari',
  'opera',
  'browser', // any other
  'app', // an application's own requests, or a page shown inside one
  'googlebot',
  'bot-search', // the other search engines, archives
  'bot-ai', // crawlers and fetchers of language models
  'bot-seo', // link and ranking analysis
  'bot-social', // previews of links
  'bot', // any other
  'scanner', // looks for open doors
  'monitor', // health checks, uptime services
  'curl',
  'wget',
  'library', // HTTP libraries, scripts, load generators
  'feed', // readers of RSS and Atom, podcasts
] as const;
export type AgentClass = (typeof AGENT_CLASSES)[number];

const AGENT_BYTES_MAX = 256;
const SLOTS = 4096;
const AGENTS: KeyCacheOptions = { slots: SLOTS, keyBytesMax: AGENT_BYTES_MAX, rowsMax: ROWS_MAX };

type Signatures = readonly [AgentClass, RegExp];

/** Bytes that an AgentTable takes out of the region of its ByteHash. */
export const AGENT_TABLE_BYTES = keyCacheBytes(AGENTS) + keyWordsBytes(SLOTS);

/**
 * Parts of agents in lower case, `^` for the beginning. The first class that fits counts, so what
 * calls itself something else besides (most bots name a browser) stands first.
 */
const SIGNATURES: readonly Signatures[] = [
  signatures(
    'monitor',
    `kube-probe|uptimerobot|pingdom|prometheus/|blackbox-exporter|blackbox_exporter|blackbox exporter
     |grafana|statuscake|site24x7|datadog|newrelic|nagios|check_http|icinga|zabbix|elb-healthchecker
     |googlehc|googlestackdriver|consul health|haproxy|route53-health|betteruptime|better uptime
     |betterstack|checkly|hetrixtools|freshping|^monit/|uptime-kuma|telegraf|healthcheck|health-check
     |synthetics|nginx-health|^varnish|cloudflare-healthchecks|updown.io|nodeping|catchpoint
     |prtg|digitalocean uptime|jetmon|jetpack site uptime|uptime-monitor|uptime/|uptimebot|pingometer
     |montastic|monitis|host-tracker|hosttracker|semonto|oh dear|ohdear|statusbot|site-monitor
     |sitemonitor|instatus|cronitor|dead man|healthchecks.io|livenessprobe|readinessprobe|alertsite
     |dynatrace|appdynamics|splunk|elastic-heartbeat|heartbeat/|sensu-|checkmk|check_mk|shinken
     |gatus|ping-monitor|internetvista|super monitoring|wormly|siteuptime|downnotifier|pingbreak
     |amazon-route53|amazon cloudfront health|google-cloud-uptime|azure traffic manager
     |azure application gateway|azurehealth|f5-monitor|traefik-health|envoy/hc|caddy-health`,
  ),
  signatures(
    'scanner',
    `zgrab|nmap|masscan|sqlmap|nikto|nuclei|projectdiscovery|censysinspect|censys|shodan|expanse
     |internetmeasurement|gobuster|dirbuster|feroxbuster|fuzz faster|ffuf|wpscan|acunetix|nessus
     |openvas|qualys|l9explore|l9tcpid|l9scan|libredtail|zmap|onyphe|netsystemsresearch
     |paloaltonetworks|nmap scripting|w3af|hydra|jndi:|() {|leakix|internet-measurement|netcraft
     |modatscanner|modat scanner|visionheight|odin;|stretchoid|binaryedge|securityscan|security scan
     |vulnscan|whatweb|httpx -|dirsearch|arachni|burp|zaproxy|owasp|cgiscan|masscan-ng
     |cyberscan|criminalip|fofa|zoomeye|hadrian|detectify|intruder|shadowserver|keydrop|morfeus
     |muieblackcat|wprecon|cmsmap|joomscan|xpanse|ivre-|censusscan|scanner|exploit`,
  ),
  signatures(
    'bot-ai',
    `gptbot|chatgpt-user|oai-searchbot|claudebot|claude-web|claude-user|claude-searchbot|anthropic-ai
     |ccbot|perplexitybot|perplexity-user|bytespider|amazonbot|meta-externalagent
     |meta-externalfetcher|google-extended|googleother|cohere-ai|diffbot|youbot|imagesiftbot
     |timpibot|mistralai|duckassistbot|applebot-extended|ai2bot|omgili|google-cloudvertexbot
     |perplexity|claude-|anthropic|openai|chatgpt|gemini-deep|google-notebooklm|googleagent
     |meta-webindexer|facebookbot|bytedance|tiktokspider|doubao|kimibot|moonshot|deepseek|qwen
     |pangubot|petalbot-ai|novaact|amazon-q|bedrockbot|amzn-searchbot|amzn-user|grokbot|xai-|huggingface
     |cohere-training|firecrawl|crawl4ai|jinaai|exabot-ai|phindbot|andibot|liner bot|iaskspider|quillbot
     |velenpublic|webzio|img2dataset|laion|semanticscholar|ai2bot-dolma|sbintuitions|kangaroo bot
     |isscyberriskcrawler|icc-crawler|friendlycrawler|factset_spyderbot|cotoyogi|brightbot
     |bigsur.ai|aihitbot|tavily|wrtn|poseidon research`,
  ),
  signatures(
    'googlebot',
    `googlebot|adsbot-google|mediapartners-google|google-inspectiontool|apis-google
     |feedfetcher-google|storebot-google|google-read-aloud|google-site-verification`,
  ),
  signatures(
    'bot-search',
    `bingbot|bingpreview|msnbot|adidxbot|yandexbot|yandeximages|yandexmobilebot|yandex.com/bots
     |baiduspider|duckduckbot|duckduckgo-favicons|yahoo! slurp|sogou|exabot|seznambot|petalbot
     |applebot|naver.me|yeti/|qwantbot|qwantify|mojeekbot|coccocbot|360spider|yisouspider
     |archive.org_bot|ia_archiver|heritrix|aspiegelbot`,
  ),
  signatures(
    'bot-seo',
    `ahrefs|semrush|mj12bot|dotbot|rogerbot|blexbot|dataforseo|serpstatbot|screaming frog|seokicks
     |sistrix|barkrowler|linkdex|megaindex|siteauditbot|seobility|awariobot|zoominfobot`,
  ),
  signatures(
    'bot-social',
    `facebookexternalhit|facebookcatalog|facebot|twitterbot|slackbot|slack-imgproxy|discordbot
     |telegrambot|whatsapp/|linkedinbot|pinterestbot|pinterest/|skypeuripreview|redditbot|mastodon/
     |cardyb|vkshare|embedly|iframely|viber/|tumblr/`,
  ),
  signatures(
    'feed',
    `feedly|feedbin|inoreader|newsblur|tiny tiny rss|tt-rss|freshrss|miniflux|theoldreader|netnewswire
     |feedfetcher|feedparser|feedburner|feedpress|feeder|feedspot|feedwrangler|feed wrangler|feedbro
     |rss|simplepie|newsflash|newsboat|liferea|akregator|reeder/|commafeed|nextcloud-news|yarr/
     |bazqux|blogtrottr|superfeedr|overcast|podcast|pocketcasts|pocket casts|castbox|podbean
     |antennapod|itunes|magpie|universalfeed|windows-rss|planet/|snarfer`,
  ),
  signatures('curl', '^curl/|libcurl'),
  signatures('wget', '^wget'),
  signatures(
    'library',
    `python-requests|python-urllib|python-httpx|aiohttp|^python|go-http-client|^java/|java-http-client
     |apache-httpclient|jakarta commons|axios/|node-fetch|^node|^undici|^got (|guzzlehttp|^php
     |libwww-perl|lwp::|lwp-trivial|^ruby|faraday|rest-client|httpie|postmanruntime|insomnia/
     |^k6/|grafana k6|apachebench|^wrk|jmeter|^hey/|vegeta|^reqwest|^hyper/|restsharp|http.rb
     |winhttp|^deno/|^bun/|^git/|^docker|containerd|^npm/|^pip/|debian apt-http|powershell|^colly
     |^scrapy|mechanize|^http_request|^rust|^elixir|hackney|^finagle|^jetty|^vert.x|^ktor|^perl
     |urllib|httpx/|^requests|^superagent|^needle/|^request/|^fasthttp|^resty|^dio/|^unirest|^typhoeus
     |^excon|^httpclient|^http-client|^http_client|^fetch/|^isomorphic|^cpp-httplib|^libsoup|^qt/
     |^lua-resty|^ocaml|^gohttp|^hackney|^mint/|^swift|^kotlin|^symfony|^buzz/|^zend|^laravel|^pecl
     |^locust|^artillery|^siege|^gatling|^autocannon|^bombardier|^ab/|^oha/|^postman|^paw/|^bruno`,
  ),
  signatures(
    'app',
    `okhttp|cfnetwork|^dalvik|alamofire|^dart|expo/|^flutter|reactnative|; wv)|fban/|fbav/
     |instagram | line/|micromessenger|electron/`,
  ),
];

/** What begins like a browser. Most of them also name the ones below. */
const BROWSERS: readonly Signatures[] = [
  signatures('edge', 'edg/|edge/|edga/|edgios/'),
  signatures('opera', 'opr/|opera|opios/| opt/'),
  signatures(
    'browser',
    `samsungbrowser|ucbrowser|yabrowser|vivaldi|brave|qqbrowser|miuibrowser|duckduckgo/|huaweibrowser
     |msie |trident/|silk/|whale/|palemoon|seamonkey|konqueror`,
  ),
  signatures('firefox', 'firefox/|fxios/'),
  signatures('chrome', 'chrome/|crios/|chromium/'),
  signatures('safari', 'safari/|iphone|ipad|macintosh'),
  signatures('browser', 'gecko|webkit|khtml'),
];

/** One expression for a list takes a sixth of the time of looking for each signature in turn. */
function signatures(agentClass: AgentClass, list: string): Signatures {
  const alternatives = list
    .replaceAll(/\n\s*/gu, '')
    .split('|')
    .map((signature) => signature.replaceAll(/[.+?${}()[\]\\*]/gu, '\\$&'));
  return [agentClass, new RegExp(alternatives.join('|'))];
}

/** The class of an agent. `isBot` is asked about what the lists here do not know. */
export function classifyAgent(agent: string, isBot: (agent: string) => boolean): AgentClass {
  const lower = agent.trim().toLowerCase();
  if (lower === '' || lower === '-') return 'empty';
  const known = firstSigned(SIGNATURES, lower);
  if (known !== undefined) return known;
  if (isBot(agent)) return 'bot';
  const looksLikeBrowser = lower.startsWith('mozilla/') || lower.startsWith('opera/');
  return (looksLikeBrowser ? firstSigned(BROWSERS, lower) : undefined) ?? 'other';
}

function firstSigned(lists: readonly Signatures[], agent: string): AgentClass | undefined {
  for (const [agentClass, expression] of lists) {
    if (expression.test(agent)) return agentClass;
  }
  return undefined;
}

export interface AgentTableOptions {
  readonly hash: ByteHash;
  /** Knows the bots that are not listed here. */
  readonly isBot: (agent: string) => boolean;
  /** Parts of agents, lower case, whose requests are not counted. */
  readonly ignored: readonly string[];
}

export class AgentTable implements KeyColumn {
  /** Per slot: index into AGENT_CLASSES. */
  readonly classes = new Uint8Array(SLOTS);
  /** Per slot: 1 when the agent is to be ignored. */
  readonly ignored = new Uint8Array(SLOTS);
  readonly words: KeyWords;
  readonly #options: AgentTableOptions;
  readonly #cache: KeyCache;
  readonly #unescaper = new Unescaper(AGENT_BYTES_MAX);
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(options: AgentTableOptions) {
    this.#options = options;
    this.#cache = new KeyCache(options.hash, AGENTS);
    this.words = new KeyWords(options.hash, SLOTS);
  }

  /** Agents are of a log that escapes nothing (or of one that does) from now on. */
  startAnew(isRaw: boolean): void {
    this.#unescaper.isRaw = isRaw;
    this.#cache.clear();
  }

  /** Per row start and end of its agent, and after `findRows()` its slot. */
  get spans(): Int32Array {
    return this.#cache.spans;
  }

  get found(): Int32Array {
    return this.#cache.found;
  }

  /**
   * Finds the slots of the agents of the first `rows` rows, at most ROWS_MAX, and returns of how many;
   * good until the next call.
   */
  findRows(bytes: Uint8Array, rows: number): number {
    this.#bytes = bytes;
    return this.#cache.findRows(bytes, rows, (slot, start, end) => {
      this.#enter(slot, bytes, start, end);
    });
  }

  #enter(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const until = Math.min(end, start + AGENT_BYTES_MAX);
    const isEscaped = this.#unescaper.read(bytes, start, until);
    const { bytes: unescaped, length } = this.#unescaper;
    const agent = isEscaped ? textOf(unescaped, 0, length) : textOf(bytes, start, until);
    const { isBot, ignored } = this.#options;
    this.classes[slot] = AGENT_CLASSES.indexOf(classifyAgent(agent, isBot));
    const lower = agent.toLowerCase();
    this.ignored[slot] = ignored.some((part) => lower.includes(part)) ? 1 : 0;
    const keyBytes = Math.min(end - start, TOP_KEY_BYTES_MAX);
    // The key of one with escapes may go on behind what the cache knows of it.
    if (keyBytes === 0) this.words.put(slot, 0, 0, 0);
    else if (isEscaped || !isStorable(bytes, start, start + keyBytes))
      this.words.put(slot, ASK, 0, 0);
    else this.words.putKey(slot, bytes, start, start + keyBytes);
  }

  read(at: number, into: TopKey): void {
    const word = KEY_WORDS * (this.found[at] ?? 0);
    const { ofSlot: words } = this.words;
    const known = words[word + KEY_LENGTH] ?? ASK;
    const start = this.spans[2 * at] ?? 0;
    if (known !== ASK) {
      into.set(this.#bytes, start, known, words[word + KEY_LOW] ?? 0, words[word + KEY_HIGH] ?? 0);
      return;
    }
    const unescaper = this.#unescaper;
    const end = this.spans[2 * at + 1] ?? 0;
    if (!unescaper.read(this.#bytes, start, end)) unescaper.copy(this.#bytes, start, end);
    const length = storableLength(unescaper.bytes, Math.min(unescaper.length, TOP_KEY_BYTES_MAX));
    const { hash } = this.#options;
    into.set(unescaper.bytes, 0, length, hash.hash(unescaper.bytes, 0, length), 0);
    into.high = hash.lanes[1] ?? 0;
  }
}

/** One character a byte: nothing that is looked for has others. */
function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}
