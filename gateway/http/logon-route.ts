/**
 * POST /v1/logon: an empty body is answered by a Challenge, a Logon with the challenge's nonce by a token. Gateway thread.
 */

import { MAX_FRAME_BYTES } from '../../schemas/layout.js';
import { NONCE_BYTES } from '../../schemas/logon.js';
import type { HttpRequest, HttpResponse } from '../uws.js';
import type { Bodies } from './body.js';
import type { HttpDesk } from './http-desk.js';
import { refusal } from './refusals.js';
import { OCTETS, type Reply, refusalReply, send } from './replies.js';

const HEX_NONCE = new RegExp(`^[0-9a-fA-F]{${2 * NONCE_BYTES}}$`);
const UNCACHED: readonly (readonly [string, string])[] = [['cache-control', 'no-store']];

export function logonRoute(desk: HttpDesk, bodies: Bodies): (response: HttpResponse, request: HttpRequest) => void {
  return (response, request) => {
    if (bodies.waiting >= desk.parts.data.settings.maxHttpRequests) {
      send(response, refusalReply(refusal('BUSY')));
      return;
    }
    const type = request.getHeader('content-type');
    const nonce = request.getHeader('tredye-nonce');
    let over = false;
    let leave: (() => void) | null = null;
    const reply = (answer: Reply): void => {
      if (over) return;
      over = true;
      send(response, answer);
    };
    const stop = bodies.read(response, MAX_FRAME_BYTES, {
      body: (bytes) => {
        if (bytes.length === 0) {
          reply({ status: 200, type: OCTETS, body: desk.challenge(), headers: UNCACHED });
        } else if (type !== OCTETS) {
          reply(refusalReply(refusal('UNSUPPORTED_MEDIA_TYPE')));
        } else if (!HEX_NONCE.test(nonce)) {
          reply(refusalReply(refusal('NONCE_INVALID', 'The header tredye-nonce is not the 64 hex digits of a nonce.')));
        } else {
          leave = desk.logOn(new Uint8Array(Buffer.from(nonce, 'hex')), bytes, {
            granted: (frame, token, expirySeconds) => {
              const headers = [...UNCACHED, ['tredye-token', token], ['tredye-token-expires', String(expirySeconds)]];
              reply({ status: 200, type: OCTETS, body: frame, headers: headers as [string, string][] });
            },
            refused: (refused) => reply(refusalReply(refused)),
          });
        }
      },
      tooLong: () => reply({ ...refusalReply(refusal('FRAME_TOO_LONG')), close: true }),
      timedOut: () => reply({ ...refusalReply(refusal('BODY_TIMED_OUT')), close: true }),
    });
    response.onAborted(() => {
      over = true;
      stop();
      leave?.();
    });
  };
}
