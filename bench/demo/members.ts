/**
 * The simulated members of a demo: each an account, a key and a session of its own. Their keys are kept beside the
 * operator's, so that the next demo on the same venue has the same members. One thread, cold.
 */

import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TredyeClient, TredyeError } from '../../client/index.js';

const FILE = 'demo-members.json';
const LANE = 1;
/** Logons at a time: the platform checks a few signatures at once and lets a bounded number wait. */
const LOGONS_AT_ONCE = 32;

interface MemberKey {
  readonly name: string;
  readonly account: number;
  readonly keyId: number;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
}

export interface Members {
  readonly clients: readonly TredyeClient[];
  /** How many of them were made now. */
  readonly added: number;
}

/** That many members, logged on; those that are missing are added by the operator. */
export async function openMembers(
  operator: TredyeClient,
  url: string,
  keyFile: string,
  count: number,
  say: (line: string) => void,
): Promise<Members> {
  const path = join(dirname(keyFile), FILE);
  const kept = readKept(path);
  const keys = kept.slice(0, count);
  while (keys.length < count) {
    const from = keys.length;
    const batch = Array.from({ length: Math.min(LOGONS_AT_ONCE, count - from) }, (_, at) => from + at);
    keys.push(...(await Promise.all(batch.map((at) => addMember(operator, nameOf(at))))));
  }
  const added = Math.max(0, count - kept.length);
  if (added > 0) keep(path, keys, say);
  const clients: TredyeClient[] = [];
  try {
    for (let from = 0; from < count; from += LOGONS_AT_ONCE) {
      const batch = await Promise.allSettled(
        keys
          .slice(from, from + LOGONS_AT_ONCE)
          .map(({ keyId, privateKey }) => TredyeClient.connect(url, { keyId, privateKey }, { lane: LANE })),
      );
      for (const one of batch) if (one.status === 'fulfilled') clients.push(one.value);
      for (const one of batch) if (one.status === 'rejected') throw one.reason;
    }
  } catch (error) {
    await Promise.all(clients.map((client) => client.close()));
    if (error instanceof TredyeError && error.code === 'LOGON_REFUSED') {
      throw new Error(`${error.message} The members of an earlier demo are in ${path}: delete it to have new ones.`);
    }
    throw error;
  }
  return { clients, added };
}

function nameOf(at: number): string {
  return `demo-${String(at + 1).padStart(3, '0')}`;
}

async function addMember(operator: TredyeClient, name: string): Promise<MemberKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');
  const account = await operator.addAccount(name);
  const keyId = await operator.addKey({ account, publicKey, rights: ['Read', 'Trade'], label: name });
  return { name, account, keyId, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

/** Those of an earlier demo. Throws one sentence when the file is not what a demo wrote. */
function readKept(path: string): MemberKey[] {
  if (!existsSync(path)) return [];
  try {
    const { members } = JSON.parse(readFileSync(path, 'utf8')) as { members: MemberKey[] };
    if (members.every(({ keyId, privateKey }) => Number.isInteger(keyId) && privateKey.startsWith('-----BEGIN'))) {
      return members;
    }
  } catch {
    // Said below.
  }
  throw new Error(`${path} is no list of members: delete it, and the demo makes new ones.`);
}

/** Theirs are private keys, of simulated members but still: readable by their owner only. */
function keep(path: string, members: readonly MemberKey[], say: (line: string) => void): void {
  try {
    writeFileSync(path, `${JSON.stringify({ members }, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : String(error);
    say(`the members' keys cannot be kept in ${path} (${why}): the next demo makes new members`);
  }
}
