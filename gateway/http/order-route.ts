/**
 * POST /v1/orders: from the head of a request to its answer. Gateway thread, hot: no promises, one cork a response.
 */

import { MAX_FRAME_BYTES } from '../../schemas/layout.js';
import type { OrderRequest, OrderResponder } from '../orders/order-exchange.js';
import type { HttpRequest, HttpResponse } from '../uws.js';
import type { Bodies, BodyReader } from './body.js';
import { type HttpDesk, pendingJson } from './http-desk.js';
import { HttpSession } from './http-sessions.js';
import { type Refusal, refusal } from './refusals.js';
import { finish, jsonReply, OCTETS, refusalReply, send } from './replies.js';

const ACCEPTED = 202;

export class OrderRoute {
  readonly desk: HttpDesk;
  readonly bodies: Bodies;
  /** Writes the answer at hand, inside its cork: one closure for all. */
  readonly #write: () => void;
  #response: HttpResponse | null = null;
  #request: OrderRequest | null = null;

  constructor(desk: HttpDesk, bodies: Bodies) {
    this.desk = desk;
    this.bodies = bodies;
    this.#write = () => {
      const request = this.#request as OrderRequest;
      const response = this.#response as HttpResponse;
      response.writeHeader('content-type', OCTETS);
      if (request.leftOut > 0) response.writeHeader('tredye-left-out', String(request.leftOut));
      finish(response, this.desk.answerOf(request));
    };
  }

  readonly handle = (response: HttpResponse, request: HttpRequest): void => {
    const { desk, bodies } = this;
    const session = desk.sessionOf(request.getHeader('authorization'));
    let refused: Refusal | null = null;
    if (!(session instanceof HttpSession)) refused = session;
    else if (request.getHeader('content-type') !== OCTETS) refused = refusal('UNSUPPORTED_MEDIA_TYPE');
    else if (bodies.waiting + desk.parts.exchange.waiting >= desk.parts.data.settings.maxHttpRequests) {
      refused = refusal('BUSY');
    } else {
      const answer = new OrderAnswer(this, response, session);
      const stop = bodies.read(response, MAX_FRAME_BYTES, answer);
      response.onAborted(() => {
        stop();
        answer.aborted();
      });
    }
    // The library passes over the body that nobody reads.
    if (refused !== null) send(response, refusalReply(refused));
  };

  answer(response: HttpResponse, request: OrderRequest): void {
    this.#response = response;
    this.#request = request;
    response.cork(this.#write);
    this.#response = null;
    this.#request = null;
  }
}

/** One request. */
class OrderAnswer implements BodyReader, OrderResponder {
  readonly #route: OrderRoute;
  readonly #response: HttpResponse;
  readonly #session: HttpSession;
  #request: OrderRequest | null = null;
  /** Nothing of the library may be called any more. */
  #over = false;

  constructor(route: OrderRoute, response: HttpResponse, session: HttpSession) {
    this.#route = route;
    this.#response = response;
    this.#session = session;
  }

  body(bytes: Uint8Array): void {
    const taken = this.#route.desk.takeOrders(this.#session, bytes, this);
    if ('sender' in taken) this.#request = taken;
    else this.#refuse(taken, false);
  }

  tooLong(): void {
    this.#refuse(refusal('FRAME_TOO_LONG'), true);
  }

  timedOut(): void {
    this.#refuse(refusal('BODY_TIMED_OUT'), true);
  }

  answer(request: OrderRequest): void {
    if (this.#over) return;
    this.#over = true;
    this.#route.answer(this.#response, request);
  }

  pending(request: OrderRequest): void {
    if (this.#over) return;
    this.#over = true;
    send(this.#response, jsonReply(ACCEPTED, pendingJson(request)));
  }

  aborted(): void {
    this.#over = true;
    if (this.#request !== null) this.#route.desk.parts.exchange.aborted(this.#request);
  }

  #refuse(refused: Refusal, close: boolean): void {
    if (this.#over) return;
    this.#over = true;
    send(this.#response, { ...refusalReply(refused), close });
  }
}
