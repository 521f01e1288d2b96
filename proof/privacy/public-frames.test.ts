/**
 * Whatever leaves in public, over long random runs: engine events, made public by the engine's one function, in the frames
 * that a gateway sends for them. Every record is looked at word by word; and the same run with other accounts, sessions,
 * client order ids, fees and hidden quantities sends the very same bytes, so that none of them is in there in any form.
 */

import t from 'tap';
import { firstPrivateWord } from '../../engine/public/public-record.js';
import { MarketData, TOP_BIT, TRADES_BIT } from '../../gateway/market-data/market-data.js';
import type { ShardFeed } from '../../gateway/reports/shard-feed.js';
import { LIVE, type Session } from '../../gateway/sessions/session.js';
import { EventKind, StreamMode } from '../../schemas/codes.js';
import { PublicFrameReader } from '../../schemas/frame-verifier.js';
import {
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_SESSION,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import type { Scenario } from '../model-vs-engine/scenario.js';
import { ScenarioPlayer } from '../model-vs-engine/scenario-player.js';
import { changeHidden, otherwise, tellable } from './private-facts.js';

t.setTimeout(120_000);

const SEQUENCES = 120;
const LENGTH = 400;

/** A word of an event, put into its order id, which is public: what a careless hand might let through. */
type Leak = (events: Int32Array, at: number) => number;

const LEAKS: Readonly<Record<string, Leak>> = {
  account: (events, at) => events[at + EVENT_ACCOUNT] ?? 0,
  session: (events, at) => events[at + EVENT_SESSION] ?? 0,
  'client order id': (events, at) => events[at + EVENT_CLIENT_ORDER_ID] ?? 0,
  'lane of a client order id': (events, at) => (events[at + EVENT_CLIENT_ORDER_ID + 1] ?? 0) >>> 16,
  fee: (events, at) => events[at + EVENT_AMOUNT] ?? 0,
  'hidden quantity': (events, at) => events[at + EVENT_LEAVES] ?? 0,
};

/** All frames that a session gets which has everything, raw and framed, in the order in which they leave. */
function publicFrames(scenario: Scenario, hidden: boolean, leak?: Leak): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const feeds = Array.from({ length: scenario.shardCount }, (_, shard) => ({ shard, epoch: 1 }) as ShardFeed);
  const market = new MarketData(
    feeds,
    { nowUs: () => 1 } as ConstructorParameters<typeof MarketData>[1],
    Number.MAX_SAFE_INTEGER,
    () => scenario.shard,
    () => undefined,
    () => 50,
  );
  for (const mode of [StreamMode.Raw, StreamMode.Frame]) {
    const session = {
      state: LIVE,
      socket: { bufferedBytes: () => 0 },
      queue: (bytes: Uint8Array) => frames.push(bytes.slice()),
      flush: () => undefined,
    } as unknown as Session;
    market.subscribe(session, TRADES_BIT | TOP_BIT, mode, []);
  }
  const player = new ScenarioPlayer(scenario);
  const feed = feeds[scenario.shard];
  if (feed === undefined) throw new Error('a scenario has its shard');
  for (const command of scenario.commands) {
    player.play(command, (count) => {
      const events = player.events.slice(0, count * EVENT_WORDS);
      if (hidden) changeHidden(events, count);
      for (let at = 0; leak !== undefined && at < events.length; at += EVENT_WORDS) {
        events[at + EVENT_ORDER_ID + 1] = (events[at + EVENT_ORDER_ID + 1] ?? 0) ^ leak(events, at);
      }
      market.take(feed, events, count);
    });
    market.frameTick();
  }
  return frames;
}

function sameBytes(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return (
    one.length === other.length && one.every((bytes, at) => Buffer.compare(bytes, other[at] ?? bytes.subarray(1)) === 0)
  );
}

const COUNTED = new Map<number, 'trades' | 'tops' | 'indicatives' | 'voids' | 'corrections'>([
  [EventKind.Trade, 'trades'],
  [EventKind.Top, 'tops'],
  [EventKind.Indicative, 'indicatives'],
  [EventKind.TradeVoid, 'voids'],
  [EventKind.TradeCorrected, 'corrections'],
]);

t.test('no public record says anything private, and no private fact changes a public byte', async (t) => {
  const counted = { frames: 0, trades: 0, tops: 0, indicatives: 0, voids: 0, corrections: 0, private: 0, different: 0 };
  const reader = new PublicFrameReader();
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const scenario = tellable(randomScenario(seed, LENGTH));
    const frames = publicFrames(scenario, false);
    for (const frame of frames) {
      if (reader.take(frame) !== 0) throw new Error('a frame that no client takes');
      counted.frames++;
      for (let record = 0; record < reader.count; record++) {
        const at = reader.recordsAtWord + record * EVENT_WORDS;
        counted.private += firstPrivateWord(reader.words, at) === -1 ? 0 : 1;
        const kind = (reader.words[at + EVENT_KIND_WORD] ?? 0) & 0xff;
        const name = COUNTED.get(kind);
        if (name === undefined) throw new Error(`a public record of kind ${kind}, which nobody has looked at`);
        counted[name]++;
      }
    }
    if (!sameBytes(publicFrames(otherwise(scenario), true), frames)) {
      counted.different++;
      t.comment(`seed ${seed} differs`);
    }
  }
  t.comment(JSON.stringify(counted));
  t.equal(counted.private, 0);
  t.equal(counted.different, 0);
  t.ok(counted.trades > 2000 && counted.tops > 10_000, 'there was something to see');
  t.ok(counted.indicatives > 500 && counted.voids > 30 && counted.corrections > 30, 'of each kind');
});

for (const [what, leak] of Object.entries(LEAKS)) {
  t.test(`planted: the ${what} in a public word is found`, async (t) => {
    let found = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const scenario = randomScenario(seed, LENGTH);
      const same = sameBytes(publicFrames(otherwise(scenario), true, leak), publicFrames(scenario, false, leak));
      found += same ? 0 : 1;
    }
    t.ok(found > 3, `found in ${found} of 10 runs`);
  });
}
