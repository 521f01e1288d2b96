/**
 * Tokens of HTTP sessions: what a logon was granted, and a MAC over it by the platform's per-start key, so that any
 * gateway checks one without asking another. Gateway thread, once a token: who comes again is known by the string.
 *
 *   base64url of: account u32 | incarnation u32 | rights u32 | key id u32 | expiry u32, s | lane u16 | zero u16 | MAC
 */

import { createHmac, timingSafeEqual } from 'node:crypto';

export interface TokenGrant {
  readonly account: number;
  readonly incarnation: number;
  /** Bits of Right. */
  readonly rights: number;
  readonly keyId: number;
  /** Seconds since 1970. */
  readonly expirySeconds: number;
  readonly lane: number;
}

const GRANT_BYTES = 24;
const MAC_BYTES = 32;
/** Keeps the MAC from meaning anything else that this key might sign one day. */
const PURPOSE = 'tredye-token-v1\0';

export class TokenMint {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  token(grant: TokenGrant): string {
    const bytes = Buffer.alloc(GRANT_BYTES + MAC_BYTES);
    bytes.writeUInt32LE(grant.account, 0);
    bytes.writeUInt32LE(grant.incarnation, 4);
    bytes.writeUInt32LE(grant.rights, 8);
    bytes.writeUInt32LE(grant.keyId, 12);
    bytes.writeUInt32LE(grant.expirySeconds, 16);
    bytes.writeUInt16LE(grant.lane, 20);
    this.#mac(bytes).copy(bytes, GRANT_BYTES);
    return bytes.toString('base64url');
  }

  /** What the token grants; null when it is none of this platform's start. Its expiry is the caller's to look at. */
  read(token: string): TokenGrant | null {
    const bytes = Buffer.from(token, 'base64url');
    // One spelling a token: decoding passes over what is no base64.
    if (bytes.length !== GRANT_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
    if (!timingSafeEqual(this.#mac(bytes), bytes.subarray(GRANT_BYTES))) return null;
    return {
      account: bytes.readUInt32LE(0),
      incarnation: bytes.readUInt32LE(4),
      rights: bytes.readUInt32LE(8),
      keyId: bytes.readUInt32LE(12),
      expirySeconds: bytes.readUInt32LE(16),
      lane: bytes.readUInt16LE(20),
    };
  }

  #mac(bytes: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(PURPOSE).update(bytes.subarray(0, GRANT_BYTES)).digest();
  }
}
