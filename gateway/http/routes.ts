/**
 * All HTTP paths of a gateway but the stream's upgrade: one table, which docs/openapi.json is held to by a test. Gateway
 * thread.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEPT_TRADES } from '../market-data/recent-trades.js';
import { MetricsText } from '../metrics/metrics-text.js';
import type { HttpRequest, HttpResponse, TemplatedApp } from '../uws.js';
import { Bodies } from './body.js';
import { HealthView } from './health.js';
import type { HttpDesk } from './http-desk.js';
import { logonRoute } from './logon-route.js';
import { MarketView } from './market-view.js';
import { OrderRoute } from './order-route.js';
import { type Refusal, refusal } from './refusals.js';
import { jsonReply, type Reply, refusalReply, send } from './replies.js';
import { StaticFiles } from './static-files.js';

const OPENAPI_FILE = join(import.meta.dirname, '..', '..', '..', 'docs', 'openapi.json');
const MAX_PAGE = 1000;
const MAX_DEPTH = 1000;
const DEFAULT_DEPTH = 20;
const MAX_TRADES = Math.min(1000, KEPT_TRADES);
const DEFAULT_TRADES = 100;
const HIGHEST_ID = 0xffff_ffff;
const SERVICE_UNAVAILABLE = 503;

type Handler = (response: HttpResponse, request: HttpRequest) => void;

export interface HttpRoute {
  /** GET answers HEAD as well. */
  readonly method: 'GET' | 'POST';
  /** As uWebSockets.js has it: `:name` for one part. */
  readonly path: string;
  readonly handler: Handler;
}

export class HttpRoutes {
  readonly routes: readonly HttpRoute[];
  readonly #bodies: Bodies;
  readonly #health: HealthView;
  readonly #market: MarketView;
  readonly #files: StaticFiles;
  readonly #metrics: MetricsText | null;
  readonly #openApi: string;

  constructor(desk: HttpDesk) {
    const { data, clock } = desk.parts;
    this.#bodies = new Bodies(clock, data.settings.httpBodyMs);
    this.#health = new HealthView(desk.parts);
    this.#market = new MarketView(desk.parts);
    this.#files = new StaticFiles(data.pageDirectory);
    this.#metrics = desk.parts.metrics.on ? new MetricsText(data) : null;
    this.#openApi = readFileSync(OPENAPI_FILE, 'utf8');
    const get = (path: string, reply: (request: HttpRequest) => Reply | Refusal): HttpRoute => ({
      method: 'GET',
      path,
      handler: (response, request) => answer(response, request, reply(request)),
    });
    this.routes = [
      { method: 'POST', path: '/v1/orders', handler: new OrderRoute(desk, this.#bodies).handle },
      { method: 'POST', path: '/v1/logon', handler: logonRoute(desk, this.#bodies) },
      get('/v1/instruments', (request) => this.#instruments(request)),
      get('/v1/book/:symbol', (request) => this.#book(request)),
      get('/v1/trades/:symbol', (request) => this.#trades(request)),
      get('/v1/openapi.json', () => jsonReply(200, this.#openApi)),
      get('/health/live', () => jsonReply(200, JSON.stringify({ state: 'live' }))),
      get('/health/ready', () => this.#ready()),
      get('/health', () => jsonReply(200, JSON.stringify(this.#health.all()))),
      { method: 'GET', path: '/metrics', handler: (response, request) => this.#sendMetrics(response, request) },
    ];
  }

  /** Lets the app answer all of it, and everything else with 404 or 405. */
  addTo(app: TemplatedApp): void {
    for (const { method, path, handler } of this.routes) {
      if (method === 'GET') app.get(path, handler).head(path, handler);
      else app.post(path, handler);
      const allow = method === 'GET' ? 'GET, HEAD' : method;
      app.any(path, (response) => send(response, refusalReply(refusal('METHOD_NOT_ALLOWED'), [['allow', allow]])));
    }
    // By `any`, too: newer versions of uWebSockets.js look at all of a method's routes before those of any method, and a
    // GET of a path that only takes POST would be a file that there is not.
    app.any('/*', (response, request) => answer(response, request, this.#file(request)));
  }

  /** A few times a second. */
  tick(): void {
    this.#bodies.tick();
    this.#health.tick();
  }

  #instruments(request: HttpRequest): Reply | Refusal {
    const query = new URLSearchParams(request.getQuery());
    const after = wholeNumber(query, 'after', 0, HIGHEST_ID, 0);
    const limit = wholeNumber(query, 'limit', 1, MAX_PAGE, MAX_PAGE);
    if (typeof after !== 'number') return after;
    if (typeof limit !== 'number') return limit;
    return jsonReply(200, JSON.stringify(this.#market.instruments(after, limit)));
  }

  #book(request: HttpRequest): Reply | Refusal {
    const depth = wholeNumber(new URLSearchParams(request.getQuery()), 'depth', 1, MAX_DEPTH, DEFAULT_DEPTH);
    if (typeof depth !== 'number') return depth;
    return ofSymbol(request, (symbol) => this.#market.book(symbol, depth));
  }

  #trades(request: HttpRequest): Reply | Refusal {
    const limit = wholeNumber(new URLSearchParams(request.getQuery()), 'limit', 1, MAX_TRADES, DEFAULT_TRADES);
    if (typeof limit !== 'number') return limit;
    return ofSymbol(request, (symbol) => this.#market.trades(symbol, limit));
  }

  #ready(): Reply {
    const { state, since } = this.#health.all();
    return jsonReply(state === 'ready' ? 200 : SERVICE_UNAVAILABLE, JSON.stringify({ state, since }));
  }

  #sendMetrics(response: HttpResponse, request: HttpRequest): void {
    const head = isHead(request);
    const metrics = this.#metrics;
    if (metrics === null) {
      send(response, { ...refusalReply(refusal('NO_METRICS')), head });
      return;
    }
    let aborted = false;
    response.onAborted(() => {
      aborted = true;
    });
    void metrics.text().then((body) => {
      if (!aborted) send(response, { status: 200, type: metrics.contentType, body, head });
    });
  }

  #file(request: HttpRequest): Reply | Refusal {
    if (request.getMethod() !== 'get' && !isHead(request)) return refusal('NOT_FOUND');
    const path = request.getUrl();
    if (path === '/' && !this.#files.found) return refusal('NO_PAGE');
    const acceptEncoding = request.getHeader('accept-encoding');
    const ifNoneMatch = request.getHeader('if-none-match');
    return this.#files.reply(path, { acceptEncoding, ifNoneMatch }) ?? refusal('NOT_FOUND');
  }
}

function isHead(request: HttpRequest): boolean {
  return request.getMethod() === 'head';
}

function answer(response: HttpResponse, request: HttpRequest, reply: Reply | Refusal): void {
  send(response, { ...('code' in reply ? refusalReply(reply) : reply), head: isHead(request) });
}

/** A parameter of the address, or what is wrong with it. */
function wholeNumber(
  query: URLSearchParams,
  name: string,
  from: number,
  to: number,
  fallback: number,
): number | Refusal {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  return refusal('BAD_PARAMETER', `The parameter ${name} must be a whole number from ${from} to ${to}.`);
}

function ofSymbol(request: HttpRequest, show: (symbol: string) => object | undefined): Reply | Refusal {
  let symbol: string;
  try {
    symbol = decodeURIComponent(request.getParameter(0));
  } catch {
    return refusal('BAD_PARAMETER', 'The symbol in the address is not percent-encoded UTF-8.');
  }
  const shown = show(symbol);
  return shown === undefined ? refusal('UNKNOWN_SYMBOL') : jsonReply(200, JSON.stringify(shown));
}
