/**
 * Faults of money, limits, kill switches and of orders that are more than a price and a quantity, for `make mutants`. Each
 * must be seen by a rule table and by the random sequences, alone. Data only; as mutants.ts.
 */

import type { Mutant } from './run-mutants.js';

const SEEN_BY = ['proof/rules/rules.test.ts', 'proof/model-vs-engine/model-vs-engine.test.ts'] as const;

export const VENUE_MUTANTS: readonly Mutant[] = [
  {
    name: 'fee-not-taken',
    file: 'engine/money/money.ts',
    find: 'const charged = feeOf(notional, state.fees[feeAt] as number);',
    replace: 'const charged = sell === 0 ? feeOf(notional, state.fees[feeAt] as number) : 0;',
    tests: SEEN_BY,
  },
  {
    // All that is left of the order is gone, and its money with it.
    name: 'reserve-not-released',
    file: 'engine/money/holdings.ts',
    find: '    letGo(state, holding, sell, orders[at + ORDER_PRICE] as number, before, after);',
    replace: '    if (after !== 0) letGo(state, holding, sell, orders[at + ORDER_PRICE] as number, before, after);',
    tests: SEEN_BY,
  },
  {
    name: 'replace-reserves-by-the-old-price',
    file: 'engine/money/holdings.ts',
    find: '    reserve(state, holding, sell, price, leaves, null);',
    replace: '    reserve(state, holding, sell, Math.min(price, orders[at + ORDER_PRICE] as number), leaves, null);',
    tests: SEEN_BY,
  },
  {
    name: 'short-position-with-a-wrong-sign',
    file: 'engine/money/holdings.ts',
    find: 'position + quantity * sign;',
    replace: 'position + quantity;',
    tests: SEEN_BY,
  },
  {
    name: 'position-limit-off-by-one',
    file: 'engine/money/check-limits.ts',
    find: 'towards - position) > positions) {',
    replace: 'towards - position) > positions + 1) {',
    tests: SEEN_BY,
  },
  {
    name: 'one-open-order-too-many',
    file: 'engine/money/check-limits.ts',
    find: 'if (open >= (accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] as number) && slot < 0) return false;',
    replace: 'if (open > (accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] as number) && slot < 0) return false;',
    tests: SEEN_BY,
  },
  {
    name: 'rate-takes-no-token',
    file: 'engine/money/check-limits.ts',
    find: 'tokens < TOKEN ? tokens : tokens - TOKEN;',
    replace: 'tokens;',
    tests: SEEN_BY,
  },
  {
    // Where the account has traded before, its next order passes.
    name: 'kill-lets-one-through',
    file: 'engine/operations/kill.ts',
    find: '    state.ledger.spreadLimits(account);\n    return;',
    replace: '    return;',
    tests: SEEN_BY,
  },
  {
    name: 'kill-leaves-the-stops',
    file: 'engine/operations/kill.ts',
    find: '!== 0 ? LAST_STAGE + 1 : ofAll',
    replace: '!== 0 ? Math.min(2, LAST_STAGE + 1) : ofAll',
    tests: SEEN_BY,
  },
  {
    name: 'withdraws-what-is-reserved',
    file: 'engine/money/ledger-commands.ts',
    find: 'return purse < 0 ? 0 : (state.purseSums[(purse << PURSE_SHIFT) + PURSE_AVAILABLE] as number);',
    replace: `return purse < 0
    ? 0
    : (state.purseSums[(purse << PURSE_SHIFT) + PURSE_AVAILABLE] as number) +
        (state.purseSums[(purse << PURSE_SHIFT) + PURSE_RESERVED] as number);`,
    tests: SEEN_BY,
  },
  {
    name: 'bust-keeps-the-fee',
    file: 'engine/administration/bust.ts',
    find: 'move(buyer.holding, HOLDING_QUOTE_PURSE, each * quantity + buyer.fee);',
    replace: 'move(buyer.holding, HOLDING_QUOTE_PURSE, each * quantity);',
    tests: SEEN_BY,
  },
  {
    name: 'trade-void-twice',
    file: 'engine/administration/bust.ts',
    find: 'if (state.busts.has(trade.id)) {',
    replace: 'if (state.busts.has(0 - trade.id)) {',
    tests: SEEN_BY,
  },
  {
    name: 'iceberg-keeps-its-place',
    file: 'engine/matching/unusual-fill.ts',
    find: '    books.moveBack(maker);\n',
    replace: '',
    tests: SEEN_BY,
  },
  {
    name: 'good-till-date-lives-on',
    file: 'engine/matching/expiry.ts',
    find: 'const US_PER_SECOND = 1_000_000;',
    replace: 'const US_PER_SECOND = 1_000_001;',
    tests: SEEN_BY,
  },
  {
    // Of a sweep only the last print is looked at.
    name: 'stop-sees-the-last-print-alone',
    file: 'engine/matching/stops.ts',
    find: 'const first = watch[watchAt + WATCH_TRADED] === 0;',
    replace: 'const first = true;',
    tests: SEEN_BY,
  },
  {
    name: 'prevented-maker-keeps-its-leaves',
    file: 'engine/matching/self-trade.ts',
    find: '  orders[makerAt + ORDER_LEAVES] = makerLeaves;\n  putHidden',
    replace: '  orders[makerAt + ORDER_LEAVES] = makerOpen;\n  putHidden',
    tests: SEEN_BY,
  },
  {
    name: 'dead-man-a-millisecond-late',
    file: 'engine/operations/lane-timers.ts',
    find: 'ahead(state, milliseconds * US_PER_MILLISECOND);',
    replace: 'ahead(state, (milliseconds + 1) * US_PER_MILLISECOND);',
    tests: SEEN_BY,
  },
  {
    // A void trade would say in public who asked for it.
    name: 'trade-void-shows-the-session',
    file: 'engine/public/public-record.ts',
    find: 'for (const word of [EVENT_RELATED_ID, EVENT_RELATED_ID + 1, EVENT_INSTRUMENT, EVENT_PRICE, EVENT_QUANTITY]) {',
    replace:
      'for (const word of [EVENT_RELATED_ID, EVENT_RELATED_ID + 1, EVENT_INSTRUMENT, EVENT_PRICE, EVENT_QUANTITY, 22]) {',
    tests: ['proof/privacy/public-frames.test.ts'],
  },
  {
    // An image without it is taken, and what was void may be made void again.
    name: 'image-without-the-busts',
    file: 'engine/inspection/state-image.ts',
    find: "const OUTSIDE = ['limits', 'events'];",
    replace: "const OUTSIDE = ['limits', 'events', 'busts'];",
    tests: ['proof/determinism/put-back.test.ts'],
  },
  {
    name: 'band-goes-along-with-a-cascade',
    file: 'engine/matching/bands.ts',
    find: 'if (bands[at + BAND_COMMAND_LOW] !== state.originLow || bands[at + BAND_COMMAND_HIGH] !== state.originHigh) {',
    replace: 'if (bands.length > 0) {',
    tests: SEEN_BY,
  },
  {
    name: 'triggered-stop-enters-in-an-auction',
    file: 'engine/matching/stops.ts',
    find: 'if (node < 0 || !isMatching(state, instrument)) return true;',
    replace: 'if (node < 0) return true;',
    tests: SEEN_BY,
  },
  {
    name: 'auction-prevents-by-the-older-mode',
    file: 'engine/operations/auction-prevention.ts',
    find: 'const mode = modeOf(state, newer);',
    replace: 'const mode = modeOf(state, older);',
    tests: SEEN_BY,
  },
  {
    name: 'correction-without-the-new-fee',
    file: 'engine/administration/correction.ts',
    find: 'return [more + anew.buyerFee - buyer.fee,',
    replace: 'return [more - buyer.fee,',
    tests: SEEN_BY,
  },
  {
    // The other shard takes a move that comes again for the next one.
    name: 'move-credited-twice',
    file: 'engine/money/moves.ts',
    find: '  if (number === last) {\n',
    replace: '  if (number === last && amount < 0) {\n',
    tests: ['platform/move-forwarding.test.ts', 'proof/rules/rules.test.ts'],
  },
];
