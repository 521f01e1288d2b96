/**
 * What a logon signs, the same bytes on both sides. Any thread, browsers too: the hash is made by the caller, with
 * node:crypto here and crypto.subtle there.
 *
 *   "tredye-logon-v1" NUL | venue, UTF-8 | NUL | nonce, 32 bytes | key id, u32 little-endian | SHA-256 of the terms
 *
 * The fixed prefix keeps a signature from meaning anything elsewhere, the venue from being used at another one, the
 * nonce from being used twice, the hash from being used for other terms.
 */

/** Version of the protocol that this tree speaks, in Challenge and LogonTerms. */
export const PROTOCOL_VERSION = 1;
/** A day: how long the orders of a lane that cancels on disconnect may stay. */
export const MAX_GRACE_SECONDS = 86_400;
export const NONCE_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const PUBLIC_KEY_BYTES = 32;
const HASH_BYTES = 32;
const PREFIX = 'tredye-logon-v1';

/** The bytes to sign by Ed25519. Throws RangeError when nonce or hash are not 32 bytes. */
export function logonMessage(venue: string, nonce: Uint8Array, keyId: number, termsHash: Uint8Array): Uint8Array {
  if (nonce.length !== NONCE_BYTES || termsHash.length !== HASH_BYTES) {
    throw new RangeError('A logon signs a nonce and a hash of 32 bytes each.');
  }
  const head = new TextEncoder().encode(`${PREFIX}\0${venue}\0`);
  const message = new Uint8Array(head.length + NONCE_BYTES + 4 + HASH_BYTES);
  message.set(head);
  message.set(nonce, head.length);
  new DataView(message.buffer).setUint32(head.length + NONCE_BYTES, keyId, true);
  message.set(termsHash, head.length + NONCE_BYTES + 4);
  return message;
}
