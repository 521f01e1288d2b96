/**
 * What all gateways of a platform share about who may come in: the key of HTTP tokens, the challenges of HTTP logons, the
 * number of public sessions, and whether only cancels are taken. Made once by the supervisor, new with every start. Any gateway thread.
 */

import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../../schemas/logon.js';
import { VenueMode } from '../venue-mode.js';

export interface AccessMemory {
  /** What tokens are signed with, 32 bytes: a restart ends them all. */
  readonly tokenKey: Uint8Array;
  /** HttpChallenges. */
  readonly challenges: SharedArrayBuffer;
  /** PublicSessions. */
  readonly publicSessions: SharedArrayBuffer;
  /** VenueMode. */
  readonly mode: SharedArrayBuffer;
}

const TOKEN_KEY_BYTES = 32;
/** More than come within the ten seconds of a challenge; the oldest is given up for a newer one. A power of two. */
const CHALLENGE_SLOTS = 16_384;
const SLOT_WORDS = NONCE_BYTES / 4;
const HEADER_WORDS = 8;
/** Deadlines are tenths of a second modulo 2^32, so that a word holds them. */
const US_IN_TENTH = 100_000;
const CHALLENGE_TENTHS = 100;

export function claimAccess(): AccessMemory {
  return {
    tokenKey: new Uint8Array(randomBytes(TOKEN_KEY_BYTES)),
    challenges: new SharedArrayBuffer((HEADER_WORDS + CHALLENGE_SLOTS * SLOT_WORDS) * 4),
    publicSessions: new SharedArrayBuffer(4),
    mode: VenueMode.create(),
  };
}

/** How many sessions without a key there are, over all gateways. */
export class PublicSessions {
  readonly #count: Int32Array;
  readonly #most: number;

  constructor(memory: SharedArrayBuffer, most: number) {
    this.#count = new Int32Array(memory);
    this.#most = most;
  }

  get allowed(): boolean {
    return this.#most > 0;
  }

  get count(): number {
    return Atomics.load(this.#count, 0);
  }

  /** Counts one more; false when there are as many as may be. */
  enter(): boolean {
    if (Atomics.add(this.#count, 0, 1) < this.#most) return true;
    Atomics.sub(this.#count, 0, 1);
    return false;
  }

  leave(): void {
    Atomics.sub(this.#count, 0, 1);
  }
}

/**
 * Nonces given to HTTP logons: each is good for ten seconds, once, at any gateway, whichever gave it.
 *
 *   nonce: slot number, seven random words        slot: deadline (0: free or used), the same seven words
 */
export class HttpChallenges {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** A new nonce, 32 bytes. */
  issue(nowUs: number): Uint8Array {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const said = new Int32Array(nonce.buffer);
    const slot = Atomics.add(this.#words, 0, 1) & (CHALLENGE_SLOTS - 1);
    said[0] = slot;
    const at = HEADER_WORDS + slot * SLOT_WORDS;
    Atomics.store(this.#words, at, 0);
    for (let word = 1; word < SLOT_WORDS; word++) this.#words[at + word] = said[word] as number;
    Atomics.store(this.#words, at, (tenthsOf(nowUs) + CHALLENGE_TENTHS) | 0 || 1);
    return nonce;
  }

  /** Uses a nonce up. False: it was never given, was used, or is too old. */
  take(nonce: Uint8Array, nowUs: number): boolean {
    if (nonce.length !== NONCE_BYTES) return false;
    const said = new Int32Array(new Uint8Array(nonce).buffer);
    const slot = said[0] as number;
    if (slot < 0 || slot >= CHALLENGE_SLOTS) return false;
    const at = HEADER_WORDS + slot * SLOT_WORDS;
    const deadline = Atomics.load(this.#words, at);
    if (deadline === 0) return false;
    for (let word = 1; word < SLOT_WORDS; word++) if (this.#words[at + word] !== said[word]) return false;
    if (Atomics.compareExchange(this.#words, at, deadline, 0) !== deadline) return false;
    return ((deadline - tenthsOf(nowUs)) | 0) >= 0;
  }
}

function tenthsOf(us: number): number {
  return Math.floor(us / US_IN_TENTH) | 0;
}
