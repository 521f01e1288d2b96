/** What is shown just before an Uncross is what it does: random auctions of the engine, folded from its events alone. */
import t from 'tap';
import { MadeEngine } from '../../engine/made-engine.js';
import { LevelFold } from '../../engine/public/level-fold.js';
import { writeIndicative } from '../../engine/public/public-record.js';
import { Dice } from '../../proof/dice.js';
import { CommandKind, EventKind, OrderType, Phase, TimeInForce } from '../../schemas/codes.js';
import {
  EVENT_AMOUNT,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { Indicatives } from './indicatives.js';

const AUCTIONS = 400;

/** An engine, and what a gateway makes of its events. */
class Followed {
  readonly made = new MadeEngine();
  readonly fold = new LevelFold();
  readonly indicatives: Indicatives;
  /** Price, volume and imbalance words of the last Uncrossed. */
  uncrossed: number[] = [];

  constructor(reference: number | null) {
    this.indicatives = new Indicatives(() => reference ?? NO_PRICE);
    this.made.addInstrument('OTHER', { reference });
  }

  send(kind: CommandKind, said: Parameters<MadeEngine['send']>[1]): void {
    this.made.send(kind, { ...said, instrument: 2 });
    const { events, count } = this.made;
    for (let at = EVENT_WORDS; at <= count * EVENT_WORDS; at += EVENT_WORDS) {
      this.indicatives.take(events, at);
      this.fold.apply(events, at);
      if (((events[at + EVENT_KIND_WORD] ?? 0) & 0xff) === EventKind.Uncrossed)
        this.uncrossed = auctionWords(events, at);
    }
  }

  phase(phase: Phase): void {
    this.send(CommandKind.SetPhase, { type: phase, counter: 0 });
  }

  /** As public record. */
  shown(): number[] {
    this.indicatives.look(this.fold, 2);
    const record = new Int32Array(EVENT_WORDS);
    writeIndicative(record, 0, this.fold, 2, this.indicatives.of(2));
    return auctionWords(record, 0);
  }
}

function auctionWords(words: Int32Array, at: number): number[] {
  return [EVENT_PRICE, EVENT_QUANTITY, EVENT_AMOUNT, EVENT_AMOUNT + 1].map((word) => words[at + word] ?? 0);
}

function randomOrder(dice: Dice, venue: Followed, spread: number, markets: number): void {
  const side = dice.below(2);
  const said = { side, account: 1 + side, quantity: dice.between(1, 20) };
  if (dice.chance(markets)) venue.send(CommandKind.New, { ...said, type: OrderType.Market, price: NO_PRICE });
  else
    venue.send(CommandKind.New, { ...said, price: 50 + dice.below(spread), timeInForce: TimeInForce.GoodTillCancel });
}

t.test('rule 5.29: what is shown before an Uncross equals what it does', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  t.comment(`seed ${seed}`);
  const dice = new Dice(seed);
  const counted = { traded: 0, without: 0, marketAlone: 0, different: 0 };
  for (let auction = 0; auction < AUCTIONS; auction++) {
    const reference = dice.pick([null, 40, 55]);
    const venue = new Followed(reference);
    venue.phase(dice.pick([Phase.Auction, Phase.VolatilityAuction]));
    const spread = dice.pick([1, 4, 30]);
    const markets = dice.pick([0, 0.2, 0.8]);
    for (let order = dice.below(14); order > 0; order--) randomOrder(dice, venue, spread, markets);
    for (let round = 0; round < 2; round++) {
      const shown = venue.shown();
      venue.send(CommandKind.Uncross, { counter: 0 });
      if (JSON.stringify(shown) !== JSON.stringify(venue.uncrossed)) {
        counted.different++;
        t.comment(`auction ${auction}: shown ${shown}, came ${venue.uncrossed}`);
      }
      counted[shown[1] === 0 ? 'without' : 'traded']++;
      if (shown[0] === 40) counted.marketAlone++;
      for (let order = dice.below(6); order > 0; order--) randomOrder(dice, venue, spread, markets);
    }
  }
  t.comment(JSON.stringify(counted));
  t.equal(counted.different, 0);
  t.ok(counted.traded > 200 && counted.without > 50 && counted.marketAlone > 5, 'there was something to see');
});

t.test('only instruments in an auction are looked at, and the end of one is said once', async (t) => {
  const venue = new Followed(55);
  venue.phase(Phase.PreOpen);
  venue.send(CommandKind.New, { side: 0, price: 60, quantity: 5 });
  venue.send(CommandKind.New, { side: 1, account: 2, price: 58, quantity: 3 });
  t.equal(venue.indicatives.changed.size, 0);
  venue.phase(Phase.Auction);
  t.same([...venue.indicatives.changed], [2]);
  t.ok(venue.indicatives.look(venue.fold, 2));
  t.same(venue.indicatives.of(2), { price: 59, volume: 3, imbalance: 2 });
  t.equal(venue.indicatives.changed.size, 0);
  t.notOk(venue.indicatives.look(venue.fold, 2), 'nothing new');
  venue.send(CommandKind.New, { side: 0, price: 50, quantity: 5 });
  t.same([...venue.indicatives.changed], [2]);
  t.notOk(venue.indicatives.look(venue.fold, 2), 'an order that changes nothing');
  venue.phase(Phase.PreOpen);
  t.ok(venue.indicatives.look(venue.fold, 2));
  t.same(venue.indicatives.of(2), { price: NO_PRICE, volume: 0, imbalance: 0 });
  venue.phase(Phase.Halted);
  t.equal(venue.indicatives.changed.size, 0);
});

t.test('a reference price that changes is the price of market orders alone', async (t) => {
  const venue = new Followed(null);
  venue.phase(Phase.Auction);
  venue.send(CommandKind.New, { side: 0, type: OrderType.Market, price: NO_PRICE, quantity: 5 });
  venue.send(CommandKind.New, { side: 1, account: 2, type: OrderType.Market, price: NO_PRICE, quantity: 3 });
  t.same(venue.shown().slice(0, 2), [NO_PRICE, 0]);
  venue.send(CommandKind.ReferencePrice, { price: 70, counter: 0 });
  t.same([...venue.indicatives.changed], [2]);
  t.same(venue.shown().slice(0, 3), [70, 3, 2]);
});

t.test(
  'begun with an image it shows the same, and a phase and a reference that are no more are forgotten',
  async (t) => {
    const venue = new Followed(null);
    venue.phase(Phase.Auction);
    venue.send(CommandKind.New, { side: 0, type: OrderType.Market, price: NO_PRICE, quantity: 5 });
    venue.send(CommandKind.New, { side: 1, account: 2, type: OrderType.Market, price: NO_PRICE, quantity: 3 });
    venue.send(CommandKind.ReferencePrice, { price: 70, counter: 0 });
    const begun = new Indicatives(() => NO_PRICE);
    begun.begin(Int32Array.of(2, Phase.Auction, 70));
    t.same([...begun.changed], [2], 'there is something to say');
    t.same(begun.now(venue.fold, 2), { price: 70, volume: 3, imbalance: 2 });
    begun.begin(Int32Array.of(2, Phase.Auction, NO_PRICE));
    t.same(begun.now(venue.fold, 2), { price: NO_PRICE, volume: 0, imbalance: 0 });
    begun.begin(Int32Array.of(2, Phase.Continuous, NO_PRICE));
    t.equal(begun.now(venue.fold, 2), null);
  },
);
