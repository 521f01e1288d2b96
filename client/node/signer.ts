/**
 * A key in Node: from the file that the platform's first start leaves in the data directory, from PEM, from a JWK or
 * from a KeyObject.
 */

import { createHash, createPrivateKey, type JsonWebKey, KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Signer } from '../seams.js';
import { TredyeError } from '../tredye-error.js';

export interface KeyGiven {
  readonly keyId: number;
  /** PKCS #8 in PEM, a JWK, or a key object; Ed25519. */
  readonly privateKey: string | JsonWebKey | KeyObject;
}

function toKeyObject(privateKey: KeyGiven['privateKey']): KeyObject {
  if (privateKey instanceof KeyObject) return privateKey;
  if (typeof privateKey === 'string') return createPrivateKey(privateKey);
  return createPrivateKey({ key: privateKey, format: 'jwk' });
}

/** Throws BAD_KEY when it is no Ed25519 private key. */
export function signerOf(given: KeyGiven): Signer {
  let key: KeyObject;
  try {
    key = toKeyObject(given.privateKey);
  } catch {
    throw new TredyeError('BAD_KEY', 'The private key cannot be read: give PKCS #8 in PEM or a JWK.');
  }
  if (key.asymmetricKeyType !== 'ed25519' || key.type !== 'private') {
    throw new TredyeError('BAD_KEY', 'The private key is of another kind: Tredye takes Ed25519 keys only.');
  }
  return {
    keyId: given.keyId,
    sign: async (bytes) => sign(null, bytes, key),
    hash: async (bytes) => createHash('sha256').update(bytes).digest(),
  };
}

/** Reads admin-key.json, or any file of that form. Throws BAD_KEY with one sentence. */
export function readKeyFile(path: string): KeyGiven {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new TredyeError(
      'BAD_KEY',
      missing
        ? `There is no key file ${path}: the platform's first start leaves admin-key.json in its data directory.`
        : `The key file ${path} cannot be read as JSON.`,
    );
  }
  if (
    typeof content !== 'object' ||
    content === null ||
    !('keyId' in content && typeof content.keyId === 'number') ||
    !('privateKey' in content && typeof content.privateKey === 'string')
  ) {
    throw new TredyeError('BAD_KEY', `The key file ${path} needs a number keyId and a PEM text privateKey.`);
  }
  return { keyId: content.keyId, privateKey: content.privateKey };
}
