/** The private stream's chain: dense by account sequence, also across the wrap of 32 bits; public streams by last. */

import t from 'tap';
import { CHAIN_GAP, CHAIN_NEXT, CHAIN_SEEN, PrivateChain, PublicChain } from './private-chain.js';

t.test('what follows is taken, an overlap is passed over, a hole is seen and changes nothing', async (t) => {
  const chain = new PrivateChain();
  chain.hold({ shard: 0, epoch: 1, sequence: 10, accountSequence: 4 });
  t.equal(chain.next(0, 1, 12, 5), CHAIN_NEXT);
  t.equal(chain.next(0, 1, 12, 5), CHAIN_SEEN);
  t.equal(chain.next(0, 1, 10, 4), CHAIN_SEEN);
  t.equal(chain.next(0, 1, 20, 7), CHAIN_GAP);
  t.equal(chain.sequence(0), 12);
  t.equal(chain.next(0, 2, 15, 6), CHAIN_NEXT);
  t.same(chain.points(), [{ shard: 0, epoch: 2, sequence: 15, accountSequence: 6 }]);
});

t.test('the account sequence is compared across 2^31 and 2^32', async (t) => {
  for (const start of [0x7fffffff, 0xffffffff]) {
    const chain = new PrivateChain();
    chain.hold({ shard: 0, epoch: 1, sequence: 1, accountSequence: start - 1 });
    t.equal(chain.next(0, 1, 2, start | 0), CHAIN_NEXT);
    t.equal(chain.next(0, 1, 3, (start + 1) | 0), CHAIN_NEXT);
    t.equal(chain.next(0, 1, 4, (start + 3) | 0), CHAIN_GAP);
    t.equal(chain.next(0, 1, 2, start | 0), CHAIN_SEEN);
  }
});

t.test('with only a sequence known the first event behind it begins the chain', async (t) => {
  const chain = new PrivateChain();
  chain.hold({ shard: 1, epoch: 1, sequence: 10 });
  t.equal(chain.next(1, 1, 9, 3), CHAIN_SEEN);
  t.equal(chain.next(1, 1, 14, 5), CHAIN_NEXT);
  t.equal(chain.next(1, 1, 16, 7), CHAIN_GAP);
  t.notOk(chain.holds(0));
  t.same(chain.points(), [{ shard: 1, epoch: 1, sequence: 14, accountSequence: 5 }]);
});

t.test('a mark beyond what is held shows a lost tail', async (t) => {
  const chain = new PrivateChain();
  chain.hold({ shard: 0, epoch: 1, sequence: 10, accountSequence: 0xffffffff });
  t.notOk(chain.behind(0, 0xffffffff));
  t.ok(chain.behind(0, 0));
  t.notOk(chain.behind(1, 5), 'a shard of which nothing is held');
});

t.test('a public stream names its hole, each instrument and channel for itself', async (t) => {
  const chain = new PublicChain();
  t.equal(chain.next(0, 1, 1, 0, 10), null);
  t.equal(chain.next(0, 1, 2, 0, 11), null);
  t.equal(chain.next(0, 1, 1, 10, 14), null);
  t.same(chain.next(0, 1, 1, 20, 22), { shard: 0, instrument: 1, channel: 1, held: 14, previousLast: 20 });
  t.equal(chain.next(0, 1, 1, 22, 23), null, 'the hole is told once');
  t.equal(chain.next(0, 1, 1, 0, 30), null, 'a stream that begins anew, after a new subscription, has no hole');
});
