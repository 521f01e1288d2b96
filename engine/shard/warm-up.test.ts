import t from 'tap';
import { EventKind } from '../../schemas/codes.js';
import { COMMAND_WORDS, EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';
import { CommandRing } from '../ring/command-ring.js';
import { OutputReader, UP_TO_DURABLE } from '../ring/output-reader.js';
import { SCRATCH_BATCH, ScratchScript, ScratchShard } from './scratch-shard.js';
import { warmUpBehind, warmUpShard } from './warm-up.js';

t.test('a warm-up plays what it was asked for, and most orders do something', (t) => {
  const few = warmUpShard(10 * SCRATCH_BATCH);
  const more = warmUpShard(20 * SCRATCH_BATCH);
  t.ok(few > 15 * SCRATCH_BATCH, `${few} events of ${10 * SCRATCH_BATCH} commands`);
  t.ok(more > 1.5 * few, `${more} events of twice as many`);
  t.end();
});

t.test('behind a long replay less is left to play than behind a short one, and it is played all the same', (t) => {
  const behindNothing = warmUpBehind(0);
  const behindLong = warmUpBehind(1_000_000);
  t.ok(behindLong > 1_000, `${behindLong} events`);
  t.ok(behindNothing > 4 * behindLong, `${behindNothing} events behind no replay`);
  t.end();
});

t.test('the script books, fills, cancels and replaces, and is refused for nothing but an order that is gone', (t) => {
  const shard = new ScratchShard(256);
  const ring = new CommandRing(shard.gatewayRing);
  const reader = new OutputReader(shard.output, 0);
  const events = new Int32Array(shard.limits.outputRingSlots * EVENT_WORDS);
  const kinds = new Map<number, number>();
  const reasons = new Set<number>();
  const play = (words: Int32Array): void => {
    ring.publish(words, 0, words.length / COMMAND_WORDS);
    while (shard.doRound()) {
      const count = reader.read(events, 0, shard.limits.outputRingSlots, UP_TO_DURABLE);
      for (let event = 0; event < count; event += 1) {
        const word = events[event * EVENT_WORDS + EVENT_KIND_WORD] ?? 0;
        const kind = word & 0xff;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        if (kind === EventKind.Rejected) reasons.add(word >>> 16);
      }
    }
  };
  reader.join();
  const script = new ScratchScript();
  play(script.sessionOpen());
  play(script.openMarket());
  for (let batch = 0; batch < 4; batch += 1) {
    play(script.auction());
    play(script.cascade(batch & 1));
  }
  for (let batch = 0; batch < 40; batch += 1) play(script.batch());
  shard.close();
  for (const kind of ['Accepted', 'Booked', 'Fill', 'Cancelled', 'Replaced'] as const) {
    t.ok((kinds.get(EventKind[kind]) ?? 0) > 10, `${kind}: ${kinds.get(EventKind[kind])}`);
  }
  t.equal(kinds.get(EventKind.Uncrossed), 4);
  t.equal(kinds.get(EventKind.Triggered), 4 * (SCRATCH_BATCH - 2), 'all stops of each cascade');
  t.strictSame([...reasons], [600], 'UnknownOrder');
  t.end();
});
