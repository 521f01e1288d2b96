/**
 * A logon without a key: public data alone, where the platform allows it. Any thread, browsers too.
 */

import type { Signer } from './seams.js';

const KEY_ID_OF_NOBODY = 0;
const HASH_BYTES = 32;

export const NO_KEY: Signer = {
  keyId: KEY_ID_OF_NOBODY,
  sign: async () => new Uint8Array(0),
  // Nothing is signed, so nothing is hashed: a page that came by http: has no crypto.subtle to do it with.
  hash: async () => new Uint8Array(HASH_BYTES),
};
