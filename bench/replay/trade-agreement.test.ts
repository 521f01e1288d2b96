/** The comparison of the private and the public stream: agreement in any interleaving, and each way to disagree. */

import t from 'tap';
import { TRADE_WORDS, TradeAgreement } from './trade-agreement.js';

function trade(sequence: number, quantity = 1): Int32Array {
  const words = new Int32Array(TRADE_WORDS);
  words[0] = sequence;
  words[7] = quantity;
  return words;
}

t.test('equal streams agree however they are interleaved', async (t) => {
  const agreement = new TradeAgreement();
  for (let at = 0; at < 5000; at++) agreement.addPrivate(trade(at));
  for (let at = 0; at < 6000; at++) agreement.addPublic(trade(at));
  for (let at = 5000; at < 6000; at++) agreement.addPrivate(trade(at));
  t.equal(agreement.finish(), '');
  t.equal(agreement.privateCount, 6000);
});

t.test('a long lead is kept in order while the rest is taken', async (t) => {
  const agreement = new TradeAgreement();
  for (let at = 0; at < 200_000; at++) {
    agreement.addPrivate(trade(at));
    if (at % 2 === 1) agreement.addPublic(trade((at - 1) / 2));
  }
  for (let at = 100_000; at < 200_000; at++) agreement.addPublic(trade(at));
  t.equal(agreement.finish(), '');
});

t.test('a trade that differs, one that is missing and one too many are each named', async (t) => {
  const differs = new TradeAgreement();
  differs.addPrivate(trade(1, 5));
  differs.addPublic(trade(1, 6));
  t.equal(differs.finish(), 'trade 1 of the public stream is not the one of the private stream');
  const missing = new TradeAgreement();
  missing.addPrivate(trade(1));
  t.equal(missing.finish(), 'the public stream showed 0 trades, the private one 1');
  const tooMany = new TradeAgreement();
  tooMany.addPublic(trade(1));
  t.equal(tooMany.finish(), 'the public stream showed 1 trades, the private one 0');
});
