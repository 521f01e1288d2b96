/**
 * The operator's key: an Ed25519 pair that the first start leaves in the data directory, readable by its owner only.
 * Its public half is sequenced as the venue's first admin records, so account 1 and key 1 are always the operator's.
 * Supervisor thread, at start only.
 */

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { writeFileDurably } from './data-directory.js';
import { EXIT_DATA_DIRECTORY, PlatformError } from './exit-codes.js';

export const OPERATOR_ACCOUNT = 1;
const OPERATOR_KEY = 1;

/** publicKey: 32 bytes as hex. privateKey: PKCS #8 in PEM. The client reads this file as it is. */
const adminKeyFile = z.object({
  keyId: z.int(),
  account: z.int(),
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  privateKey: z.string(),
});

export type AdminKey = z.infer<typeof adminKeyFile>;

/** The 32 raw bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  if (x === undefined) throw new Error('An Ed25519 public key has no x: assumed of every JWK of that kind.');
  return Buffer.from(x, 'base64url');
}

/** Makes the pair and writes it before anything refers to it: a key that is sequenced but lost locks everyone out. */
export function createAdminKey(path: string): AdminKey {
  const pair = generateKeyPairSync('ed25519');
  const key: AdminKey = {
    keyId: OPERATOR_KEY,
    account: OPERATOR_ACCOUNT,
    publicKey: rawPublicKey(pair.publicKey).toString('hex'),
    privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
  writeFileDurably(path, `${JSON.stringify(key, null, 2)}\n`, 0o600);
  chmodSync(path, 0o600);
  return key;
}

/** Reads the pair again; null when there is none. Throws a PlatformError when the file is not what we wrote. */
export function readAdminKey(path: string): AdminKey | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    content = undefined;
  }
  const parsed = adminKeyFile.safeParse(content);
  if (!parsed.success || !matches(parsed.data)) {
    throw new PlatformError(
      'ADMIN_KEY_DAMAGED',
      EXIT_DATA_DIRECTORY,
      `${path} is not the key file that the first start wrote: restore it from a backup or move it away.`,
    );
  }
  return parsed.data;
}

function matches(key: AdminKey): boolean {
  try {
    return rawPublicKey(createPublicKey(key.privateKey)).toString('hex') === key.publicKey;
  } catch {
    return false;
  }
}
