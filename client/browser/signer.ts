/**
 * A key in a browser: a CryptoKey that the page keeps, a JWK or PKCS #8 in PEM. What is imported here cannot be taken out
 * again; a page that keeps keys should keep CryptoKeys that are not extractable.
 */

import type { Signer } from '../seams.js';
import { TredyeError } from '../tredye-error.js';

type Subtle = typeof crypto.subtle;
type SubtleKey = Parameters<Subtle['sign']>[1];

const ALGORITHM = 'Ed25519';
const PEM = /-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----/;

export interface Ed25519Jwk {
  readonly kty: string;
  readonly crv: string;
  /** 32 bytes each, base64url. */
  readonly x: string;
  readonly d: string;
}

export interface BrowserKey {
  readonly keyId: number;
  readonly privateKey: SubtleKey | Ed25519Jwk | string;
}

async function toSubtleKey(subtle: Subtle, privateKey: BrowserKey['privateKey']): Promise<SubtleKey> {
  if (typeof privateKey === 'string') {
    const text = PEM.exec(privateKey)?.[1] ?? '';
    const bytes = Uint8Array.from(atob(text.replace(/\s/g, '')), (character) => character.charCodeAt(0));
    return subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign']);
  }
  if (!('kty' in privateKey)) return privateKey;
  const { kty, crv, x, d } = privateKey;
  return subtle.importKey('jwk', { kty, crv, x, d }, ALGORITHM, false, ['sign']);
}

/** Throws BAD_KEY when it is no Ed25519 private key, or where the page may not use keys at all. */
export async function browserSignerOf(given: BrowserKey): Promise<Signer> {
  const subtle: Subtle | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new TredyeError('BAD_KEY', 'This page may not use keys: serve it by https or from localhost.');
  }
  const key = await toSubtleKey(subtle, given.privateKey).catch(() => null);
  if (key === null) {
    const sentence = 'The private key cannot be read as Ed25519: give a CryptoKey, PKCS #8 in PEM or a JWK.';
    throw new TredyeError('BAD_KEY', sentence);
  }
  if (key.algorithm.name !== ALGORITHM || !key.usages.includes('sign')) {
    throw new TredyeError(
      'BAD_KEY',
      'The private key is of another kind: Tredye takes Ed25519 keys that may sign only.',
    );
  }
  // Copies: a browser takes no memory that is shared, and the types cannot know that this is not.
  return {
    keyId: given.keyId,
    sign: async (bytes) => new Uint8Array(await subtle.sign(ALGORITHM, key, bytes.slice())),
    hash: async (bytes) => new Uint8Array(await subtle.digest('SHA-256', bytes.slice())),
  };
}
