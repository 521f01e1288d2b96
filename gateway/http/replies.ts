/**
 * Writing HTTP responses with uWebSockets.js: one cork each, and never to a response that is gone. Gateway thread.
 */

import type { HttpResponse } from '../uws.js';
import { type Refusal, refusalJson } from './refusals.js';

export const OCTETS = 'application/octet-stream';
const JSON_TYPE = 'application/json';
const RETRY_SECONDS = '1';

const STATUS: Readonly<Record<number, string>> = {
  200: '200 OK',
  202: '202 Accepted',
  304: '304 Not Modified',
  400: '400 Bad Request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not Found',
  405: '405 Method Not Allowed',
  408: '408 Request Timeout',
  413: '413 Payload Too Large',
  415: '415 Unsupported Media Type',
  429: '429 Too Many Requests',
  500: '500 Internal Server Error',
  503: '503 Service Unavailable',
};

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: readonly (readonly [string, string])[];
  /** The length is told, the body is not sent. */
  readonly head?: boolean;
  /** What may still come of the request is not waited for. */
  readonly close?: boolean;
}

/** Writes all of it. Only for a response that is there: nothing of the library may be called on one that was aborted. */
export function send(response: HttpResponse, reply: Reply): void {
  // The library takes a response without a body for none and wants to know what is to happen at an abort.
  if (reply.head === true) response.onAborted(() => undefined);
  response.cork(() => {
    response.writeStatus(STATUS[reply.status] ?? String(reply.status));
    response.writeHeader('content-type', reply.type);
    for (const [name, value] of reply.headers ?? []) response.writeHeader(name, value);
    if (reply.head === true) {
      const length = typeof reply.body === 'string' ? Buffer.byteLength(reply.body) : reply.body.length;
      response.endWithoutBody(length, reply.close);
    } else if (reply.close === true || reply.body.length === 0) response.end(reply.body, reply.close);
    else finish(response, typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body);
  });
}

/**
 * Sends the body as fast as it is read, inside a cork. `end` would keep all that the network does not take, and who asks
 * and asks without reading would fill the memory: this way one answer waits, and the library cuts off who asks for more.
 * `bytes` may change when the call returns.
 */
export function finish(response: HttpResponse, bytes: Uint8Array): void {
  const [, done] = response.tryEnd(bytes, bytes.length);
  if (done) return;
  const kept = bytes.slice();
  // The library forgets it then.
  response.onAborted(() => undefined);
  response.onWritable((offset) => response.tryEnd(kept.subarray(offset), kept.length)[0]);
}

export function jsonReply(status: number, body: string): Reply {
  return { status, type: JSON_TYPE, body, headers: [['cache-control', 'no-store']] };
}

export function refusalReply(refused: Refusal, more: readonly (readonly [string, string])[] = []): Reply {
  const { status } = refused;
  const headers = [['cache-control', 'no-store'], ...more] as [string, string][];
  if (status === 429 || status === 503) headers.push(['retry-after', RETRY_SECONDS]);
  if (status === 401) headers.push(['www-authenticate', 'Bearer']);
  return { status, type: JSON_TYPE, body: refusalJson(refused), headers };
}
