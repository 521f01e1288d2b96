/**
 * Who may send orders over HTTP: tokens that were looked at, and which incarnation of each lane is the newest. Gateway
 * thread; `find` runs for each request and is one look into a map for a token that was here before.
 */

import type { CommandSender } from '../orders/order-exchange.js';
import type { TokenGrant, TokenMint } from './token.js';

const BEARER = 'Bearer ';
/** The name of the scheme counts in any case of letters (RFC 9110). */
const ANY_BEARER = /^bearer +/i;
const LANES = 65_536;
/** Tokens kept as known; one more sends the oldest back to its MAC. */
const MAX_KNOWN = 4096;

/** Why a request has no session: codes of the answer. */
export type NoSession = 'TOKEN_MISSING' | 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_SUPERSEDED' | 'KEY_REVOKED';

/** What a token stands for at this gateway. */
export class HttpSession implements CommandSender {
  readonly account: number;
  readonly lane: number;
  readonly keyId: number;
  readonly rights: number;
  readonly incarnation: number;
  readonly expiryUs: number;
  unanswered = 0;
  /** Not '': it is over, and why. */
  ended: NoSession | '' = '';

  constructor(grant: TokenGrant) {
    this.account = grant.account;
    this.lane = grant.lane;
    this.keyId = grant.keyId;
    this.rights = grant.rights;
    this.incarnation = grant.incarnation;
    this.expiryUs = grant.expirySeconds * 1e6;
  }
}

export class HttpSessions {
  readonly #mint: TokenMint;
  readonly #isRevoked: (keyId: number) => boolean;
  /** By the whole header. */
  readonly #known = new Map<string, HttpSession>();
  /** Of the known ones the newest, by account and lane. */
  readonly #byLane = new Map<number, HttpSession>();
  /** By account and lane: the newest incarnation that was opened. At most as many as the venue has lanes. */
  readonly #newest = new Map<number, number>();

  constructor(mint: TokenMint, isRevoked: (keyId: number) => boolean) {
    this.#mint = mint;
    this.#isRevoked = isRevoked;
  }

  /** The session of an authorization header, or why there is none. */
  find(header: string, nowUs: number): HttpSession | NoSession {
    const known = this.#known.get(header);
    if (known !== undefined) {
      if (known.ended !== '') return known.ended;
      return nowUs < known.expiryUs ? known : 'TOKEN_EXPIRED';
    }
    if (header === '') return 'TOKEN_MISSING';
    if (!header.startsWith(BEARER)) {
      // Written as others write it: one token has one session, and so one window.
      return ANY_BEARER.test(header) ? this.find(header.replace(ANY_BEARER, BEARER), nowUs) : 'TOKEN_INVALID';
    }
    const grant = this.#mint.read(header.slice(BEARER.length));
    if (grant === null) return 'TOKEN_INVALID';
    if (nowUs >= grant.expirySeconds * 1e6) return 'TOKEN_EXPIRED';
    if (this.#isRevoked(grant.keyId)) return 'KEY_REVOKED';
    const newest = this.#newest.get(grant.account * LANES + grant.lane);
    // A token that is newer than what was seen here was opened at another gateway, which is ahead of this one.
    if (newest !== undefined && ((newest - grant.incarnation) | 0) > 0) return 'TOKEN_SUPERSEDED';
    this.opened(grant.account, grant.lane, grant.incarnation);
    const session = new HttpSession(grant);
    this.#keep(header, session);
    return session;
  }

  /** An incarnation was opened, by whichever gateway and whatever connection. */
  opened(account: number, lane: number, incarnation: number): void {
    const key = account * LANES + lane;
    const newest = this.#newest.get(key);
    if (newest !== undefined && ((newest - incarnation) | 0) >= 0) return;
    this.#newest.set(key, incarnation);
    const known = this.#byLane.get(key);
    if (known !== undefined && ((known.incarnation - incarnation) | 0) < 0) known.ended = 'TOKEN_SUPERSEDED';
  }

  keyRevoked(keyId: number): void {
    for (const session of this.#known.values()) if (session.keyId === keyId) session.ended = 'KEY_REVOKED';
  }

  #keep(header: string, session: HttpSession): void {
    if (this.#known.size >= MAX_KNOWN) this.#forgetOldest();
    this.#known.set(header, session);
    this.#byLane.set(laneKey(session), session);
  }

  #forgetOldest(): void {
    for (const [header, session] of this.#known) {
      this.#known.delete(header);
      const key = laneKey(session);
      if (this.#byLane.get(key) === session) this.#byLane.delete(key);
      return;
    }
  }
}

function laneKey({ account, lane }: HttpSession): number {
  return account * LANES + lane;
}
