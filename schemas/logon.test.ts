/** The bytes that a logon signs are fixed for ever: other languages build them from the description. */

import t from 'tap';
import { logonMessage } from './logon.js';

t.test('a logon signs prefix, venue, nonce, key and hash in this order', async (t) => {
  const nonce = new Uint8Array(32).fill(0xaa);
  const hash = new Uint8Array(32).fill(0xbb);
  const hex = Buffer.from(logonMessage('Bö', nonce, 0x01020304, hash)).toString('hex');
  const prefix = Buffer.from('tredye-logon-v1\0', 'latin1').toString('hex');
  t.equal(hex, `${prefix}42c3b600${'aa'.repeat(32)}04030201${'bb'.repeat(32)}`);
});

t.test('no two logons sign the same bytes', async (t) => {
  const nonce = new Uint8Array(32);
  const hash = new Uint8Array(32);
  const texts = [
    logonMessage('a', nonce, 1, hash),
    logonMessage('ab', nonce, 1, hash),
    logonMessage('a', nonce, 2, hash),
    logonMessage(
      'a',
      nonce.map(() => 1),
      1,
      hash,
    ),
    logonMessage(
      'a',
      nonce,
      1,
      hash.map(() => 1),
    ),
  ].map((bytes) => Buffer.from(bytes).toString('hex'));
  t.equal(new Set(texts).size, texts.length);
});

t.test('a nonce or a hash of another length is a bug of the caller', async (t) => {
  t.throws(() => logonMessage('a', new Uint8Array(31), 1, new Uint8Array(32)), RangeError);
  t.throws(() => logonMessage('a', new Uint8Array(32), 1, new Uint8Array(33)), RangeError);
});
