/** Tokens: what is granted comes back, and not one changed bit passes. */

import { createHmac } from 'node:crypto';
import t from 'tap';
import { HttpSession, HttpSessions } from './http-sessions.js';
import { TokenMint } from './token.js';

const KEY = new Uint8Array(32).fill(7);
const GRANT = {
  account: 0xffff_fffe,
  incarnation: 0x8000_0001,
  rights: 15,
  keyId: 3,
  expirySeconds: 4_000_000_000,
  lane: 65_535,
};

t.test('a token says what was granted, by its documented bytes', async (t) => {
  const token = new TokenMint(KEY).token(GRANT);
  t.strictSame(new TokenMint(KEY).read(token), GRANT);
  const grant = Buffer.from(new Uint32Array([0xffff_fffe, 0x8000_0001, 15, 3, 4_000_000_000, 65_535]).buffer);
  const mac = createHmac('sha256', KEY).update('tredye-token-v1\0').update(grant).digest();
  t.equal(token, Buffer.concat([grant, mac]).toString('base64url'));
});

t.test('a changed, foreign, cut or differently spelled token is none', async (t) => {
  const mint = new TokenMint(KEY);
  const token = mint.token(GRANT);
  const bytes = Buffer.from(token, 'base64url');
  let passed = 0;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    if (mint.read(changed.toString('base64url')) !== null) passed++;
  }
  t.equal(passed, 0, 'not one of 448 bits may differ');
  t.equal(new TokenMint(new Uint8Array(32).fill(8)).read(token), null, 'of another start');
  for (const other of [
    '',
    token.slice(1),
    `${token}A`,
    `${token}=`,
    ` ${token}`,
    `${token.slice(0, 40)}!${token.slice(40)}`,
  ]) {
    t.equal(mint.read(other), null, JSON.stringify(other));
  }
});

t.test('sessions are found by their header, until something ends them', async (t) => {
  const mint = new TokenMint(KEY);
  const revoked = new Set<number>();
  const sessions = new HttpSessions(mint, (keyId) => revoked.has(keyId));
  const header = (incarnation: number, lane = 1, keyId = 3): string =>
    `Bearer ${mint.token({ ...GRANT, incarnation, lane, keyId })}`;
  const nowUs = 1e15;
  const found = sessions.find(header(5), nowUs);
  t.ok(found instanceof HttpSession);
  t.equal(sessions.find(header(5), nowUs), found, 'the same one each time: its window is one');
  t.equal(sessions.find(header(5).replace('Bearer ', 'bearer  '), nowUs), found, 'however the scheme is written');
  t.equal(sessions.find('', nowUs), 'TOKEN_MISSING');
  t.equal(sessions.find('Basic abc', nowUs), 'TOKEN_INVALID');
  for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
    const again = sessions.find(header(5).replace('Bearer', scheme), nowUs);
    t.equal(again, found, `${scheme}: the scheme in any case, and the same session`);
  }
  for (const scheme of ['Bearer:', 'xBearer', '']) {
    t.equal(sessions.find(header(5).replace('Bearer', scheme), nowUs), 'TOKEN_INVALID', scheme);
  }
  t.equal(sessions.find(header(5).replace(' ', ''), nowUs), 'TOKEN_INVALID', 'no blank');
  t.equal(sessions.find(header(5), 4e15), 'TOKEN_EXPIRED');
  t.equal(sessions.find(header(6, 9), 4e15), 'TOKEN_EXPIRED', 'also one that was never seen');

  sessions.opened(GRANT.account, 1, 4);
  t.equal(sessions.find(header(5), nowUs), found, 'an older opening, seen late, ends nothing');
  sessions.opened(GRANT.account, 2, 9);
  sessions.opened(1, 1, 9);
  t.equal(sessions.find(header(5), nowUs), found, 'nor one of another lane or account');
  sessions.opened(GRANT.account, 1, 6);
  t.equal(sessions.find(header(5), nowUs), 'TOKEN_SUPERSEDED');
  t.equal(sessions.find(header(4), nowUs), 'TOKEN_SUPERSEDED', 'also one that was never seen');
  const ahead = sessions.find(header(8), nowUs);
  t.ok(ahead instanceof HttpSession, 'one that another gateway has opened already');
  t.equal(sessions.find(header(6), nowUs), 'TOKEN_SUPERSEDED', 'which ends those before it');

  sessions.opened(GRANT.account, 3, 0x7fff_ffff);
  t.ok(sessions.find(header(0x8000_0001, 3), nowUs) instanceof HttpSession, 'incarnations are compared modulo 2^32');
  revoked.add(3);
  sessions.keyRevoked(3);
  t.equal(sessions.find(header(8), nowUs), 'KEY_REVOKED');
  t.equal(sessions.find(header(8, 30), nowUs), 'KEY_REVOKED');
  t.ok(sessions.find(header(8, 31, 4), nowUs) instanceof HttpSession);
});

t.test('more tokens than are kept are looked at anew', async (t) => {
  const mint = new TokenMint(KEY);
  const sessions = new HttpSessions(mint, () => false);
  const header = (lane: number): string => `Bearer ${mint.token({ ...GRANT, lane })}`;
  const first = sessions.find(header(0), 0);
  for (let lane = 1; lane <= 4096; lane++) sessions.find(header(lane), 0);
  const again = sessions.find(header(0), 0);
  t.ok(again instanceof HttpSession);
  t.not(again, first);
  sessions.opened(GRANT.account, 0, GRANT.incarnation + 1);
  t.equal(sessions.find(header(0), 0), 'TOKEN_SUPERSEDED');
});
