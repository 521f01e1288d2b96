/**
 * The faults that `make mutants` plants, one at a time. Data only; run-mutants.ts says what happens with them.
 * When one is out of date, find the line that does now what it was about: the fault stays, its text changes.
 */

import type { Mutant } from './run-mutants.js';
import { VENUE_MUTANTS } from './venue-mutants.js';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'ack-before-the-sync',
    file: 'engine/shard/round.ts',
    find: 'output.publishMatched(output.claimPosition);',
    replace: 'output.publishMatched(output.claimPosition);\n      output.publishDurable(output.claimPosition);',
    tests: ['engine/shard/round.test.ts', 'engine/shard/shard-crash.test.ts'],
  },
  {
    // On the simulated disk it loses groups; on the real one only the flags of the open file show it.
    name: 'no-o-dsync',
    file: 'engine/journal/segments.ts',
    find: "export function openForGroups(disk: Disk, path: string): DiskFile {\n  return disk.open(path, 'synced');",
    replace: "export function openForGroups(disk: Disk, path: string): DiskFile {\n  return disk.open(path, 'plain');",
    tests: ['engine/shard/shard-crash.test.ts', 'proof/shard/shard-day.test.ts'],
  },
  {
    name: 'cut-one-record-too-far',
    file: 'engine/journal/open-journal.ts',
    find: 'writer.cutTail(end);',
    replace: 'writer.cutTail({ ...end, offset: end.lastOffset });',
    tests: ['engine/journal/journal-crash.test.ts', 'engine/shard/shard-crash.test.ts'],
  },
  {
    // All events are right; only the next trade at that price goes to the wrong order.
    name: 'replace-keeps-priority',
    file: 'engine/matching/apply-replace.ts',
    find: '  moveOrder(state, words, at, slot, price, leaves);\n}',
    replace: `  if (price === orders[orderAt + ORDER_PRICE]) {
    const before = (orders[orderAt + ORDER_LEAVES] as number) >>> 0;
    state.ids.remove(slot);
    state.books.reduce(orders[orderAt + ORDER_LEVEL] as number, before - leaves);
    renameOrder(state, words, at, slot, price, before, leaves, 0, REPLACED);
    orders[orderAt + ORDER_LEAVES] = leaves;
    state.ids.add(slot);
    writeOrderEvent(state, slot, price, 0, leaves, leaves, EventKind.Booked | EVENT_BOOK_BIT);
    return;
  }
  moveOrder(state, words, at, slot, price, leaves);
}`,
    tests: ['engine/matching/orders.test.ts', 'proof/model-vs-engine/model-vs-engine.test.ts'],
  },
  {
    name: 'uncross-at-the-lowest-price',
    file: 'engine/public/auction-price.ts',
    find: 'price = Math.floor((lowest + highest) / 2);',
    replace: 'price = Math.min(lowest, highest);',
    tests: ['engine/operations/uncross.test.ts', 'proof/model-vs-engine/model-vs-engine.test.ts'],
  },
  {
    name: 'ring-publishes-before-it-fills',
    file: 'engine/ring/command-ring.ts',
    find: '    this.#claimed = (claimed + count) | 0;\n    return claimed >>> 0;',
    replace: `    this.#claimed = (claimed + count) | 0;
    this.#published = this.#claimed;
    Atomics.store(this.words, COMMAND_RING_PUBLISHED, this.#claimed);
    return claimed >>> 0;`,
    tests: ['engine/ring/command-ring.test.ts'],
  },
  {
    name: 'verifier-skips-a-bound',
    file: 'schemas/flat-table.ts',
    find: 'if (first % alignment !== 0 || count > Math.floor((this.length - first) / elementBytes)) return false;',
    replace: 'if (first % alignment !== 0) return false;',
    tests: ['schemas/frame-verifier.test.ts'],
  },
  {
    // The id that was used last executes once more.
    name: 'duplicate-accepted',
    file: 'engine/state/checks.ts',
    find: 'if (counter <= (lanes.marks[lane] as number)) return repeat(',
    replace: 'if (counter < (lanes.marks[lane] as number)) return repeat(',
    tests: ['engine/administration/sessions.test.ts', 'proof/model-vs-engine/model-vs-engine.test.ts'],
  },
  {
    // EVENT_SELL_BIT: whoever folds the events takes a cancelled buy off the sells.
    name: 'cancel-on-the-wrong-side',
    file: 'engine/matching/apply-cancel.ts',
    find: 'const CANCELLED = EventKind.Cancelled | EVENT_BOOK_BIT;',
    replace: 'const CANCELLED = EventKind.Cancelled | EVENT_BOOK_BIT | (1 << 8);',
    tests: ['engine/matching/orders.test.ts', 'proof/model-vs-engine/model-vs-engine.test.ts'],
  },
  {
    name: 'heartbeat-never-closes',
    file: 'gateway/sessions/heartbeat.ts',
    find: 'const MISSED_INTERVALS = 2;',
    replace: 'const MISSED_INTERVALS = Number.POSITIVE_INFINITY;',
    tests: ['gateway/reports/report-path.test.ts'],
  },
  {
    name: 'one-bucket-too-wide',
    file: 'engine/metrics/buckets.ts',
    find: '((value >>> (top - STEP_BITS)) & (STEPS - 1));',
    replace: '((value >>> (top - STEP_BITS)) & (STEPS - 2));',
    tests: ['engine/metrics/metric-words.test.ts'],
  },
  {
    // Each stage alone looks right; together they are more than the whole.
    name: 'stages-overlap',
    file: 'gateway/metrics/order-times.ts',
    find: 'Math.max(0, (ready - reader.matched) | 0);',
    replace: 'Math.max(0, (ready - reader.taken) | 0);',
    tests: ['gateway/metrics/order-times.test.ts'],
  },
  {
    // Who sends an order over HTTP would see whose order it met.
    name: 'http-answer-shows-the-other-side',
    file: 'gateway/orders/order-exchange.ts',
    find: 'if (words[at + EVENT_ACCOUNT] === request.sender.account) this.#keep(request, words, at);',
    replace: 'if (words[at + EVENT_ACCOUNT] !== 0) this.#keep(request, words, at);',
    tests: ['gateway/http/orders.test.ts', 'gateway/orders/order-exchange.test.ts'],
  },
  {
    name: 'token-without-its-mac',
    file: 'gateway/http/token.ts',
    find: 'if (!timingSafeEqual(this.#mac(bytes), bytes.subarray(GRANT_BYTES))) return null;',
    replace: 'if (timingSafeEqual(this.#mac(bytes), Buffer.alloc(MAC_BYTES))) return null;',
    tests: ['gateway/http/token.test.ts'],
  },
  {
    name: 'older-token-lives-on',
    file: 'gateway/http/http-sessions.ts',
    find: "if (newest !== undefined && ((newest - grant.incarnation) | 0) > 0) return 'TOKEN_SUPERSEDED';",
    replace: "if (newest === grant.incarnation + 0.5) return 'TOKEN_SUPERSEDED';",
    tests: ['gateway/http/token.test.ts'],
  },
  {
    name: 'nonce-good-twice',
    file: 'gateway/sessions/access.ts',
    find: 'if (Atomics.compareExchange(this.#words, at, deadline, 0) !== deadline) return false;',
    replace: 'if (Atomics.load(this.#words, at) !== deadline) return false;',
    tests: ['gateway/sessions/access.test.ts', 'gateway/http/routes.test.ts'],
  },
  {
    // The first price of each instrument is right, and stays for ever.
    name: 'page-tells-a-change-once',
    file: 'client/watch/tick-buffer.ts',
    find: '      this.isChanged[slot] = 0;\n',
    replace: '',
    tests: ['client/watch/market-view.test.ts'],
  },
  ...VENUE_MUTANTS,
];
