/**
 * The first commands of a venue: accounts, instruments that take all that a recording does, an open lane for each
 * account, the instruments' phase. For whoever plays a recording into a model or an engine without a gateway. Any
 * thread, off the hot path.
 */
import {
  ANY_SHARD,
  encodeAccountTerms,
  encodeAssetTerms,
  encodeFeeTerms,
  encodeInstrumentTerms,
  encodeLimitTerms,
  FEE_WHOLE,
  MOST_POSITION,
} from '../../schemas/admin.js';
import { CommandKind, type Phase, SelfTrade } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  highWord,
} from '../../schemas/layout.js';
import { type PlanNeeds, type PlanParty, writeClientOrderId } from './day-plan.js';

/** Largest price times quantity times unit that an instrument may have; a recording's own bounds are far below. */
const MAX_NOTIONAL = 2 ** 50;

/** Each account has so much of each asset: no recording comes near it. */
const FUNDS = 2 ** 49;
/** Fees of an instrument with money, and the most that they may be: a hundredth of what is traded. */
const FEES = { tier: 0, maker: 50, taker: 150, auction: 100 };
const FEE_CAP = FEE_WHOLE / 100;
const BASE_ASSET = 1;
const QUOTE_ASSET = 2;
/** All limits that there are, so high that no recording meets one; the rate is of orders a second. */
const HIGH_LIMITS = {
  orderQuantity: 0xffff_ffff,
  orderNotional: MAX_NOTIONAL,
  openOrders: 0xffff_ffff,
  position: MOST_POSITION,
  rate: 1_000_000,
  burst: 1_000_000,
  feeTier: 0,
};

/** What looks at each order of a venue without ever acting; left out, it is not there. */
export interface VenueControls {
  readonly limits?: boolean;
  /** Assets that orders reserve and trades move, with fees. */
  readonly money?: boolean;
  /** New orders ask not to trade with their own account: whoever plays gives each command to `control`. */
  readonly prevention?: boolean;
}

/** Everything on. */
export const ALL_CONTROLS: VenueControls = { limits: true, money: true, prevention: true };

/**
 * Makes a prepared command one of a venue with controls: the time is microseconds, as many as commands went before, so that
 * rates fill; a new order prevents self-trades.
 */
export function control(words: Int32Array, at: number, index: number, { prevention = false }: VenueControls): void {
  words[at + COMMAND_TIME_US] = index + 1;
  if (prevention && ((words[at + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.New) {
    words[at + COMMAND_FLAGS_WORD] = SelfTrade.Newest;
  }
}

export interface Venue {
  /** Whole records, to be applied in this order before anything else. */
  readonly words: Int32Array;
  /** One for each account, all on instrument 1; lane and incarnation are the account's number. */
  readonly parties: readonly [PlanParty, ...PlanParty[]];
}

/**
 * A venue of one shard for a recording with these needs, with so many instruments that are all alike. Phase changes are
 * sent by the first party, counter 0.
 */
export function venueFor(
  needs: PlanNeeds,
  accounts: number,
  phase?: Phase,
  instruments = 1,
  controls: VenueControls = {},
): Venue {
  const highest = Math.max(1, Math.abs(needs.priceMin), Math.abs(needs.priceMax));
  if (highest * needs.quantityMax > MAX_NOTIONAL) {
    throw new Error(
      `Prices up to ${highest} and quantities up to ${needs.quantityMax} are more than an instrument takes.`,
    );
  }
  const first = partyOf(1);
  const parties: [PlanParty, ...PlanParty[]] = [first];
  for (let account = 2; account <= accounts; account += 1) {
    parties.push(partyOf(account));
  }
  const records: Int32Array[] = [];
  const add = (kind: CommandKind, parts: Int32Array, account = 0, instrument = 0): void => {
    const head = new Int32Array(COMMAND_WORDS);
    head[COMMAND_KIND_WORD] = kind;
    head[COMMAND_ACCOUNT] = account;
    head[COMMAND_INSTRUMENT] = instrument;
    records.push(head, parts);
  };
  const { limits = false, money = false } = controls;
  for (const name of money ? ['BASE', 'QUOTE'] : []) add(CommandKind.AddAsset, encodeAssetTerms({ name, decimals: 0 }));
  for (const party of parties) {
    add(CommandKind.AddAccount, encodeAccountTerms({ name: `player-${party.account}` }));
    if (limits) add(CommandKind.SetLimits, encodeLimitTerms(HIGH_LIMITS), party.account);
  }
  const paid = { baseAsset: BASE_ASSET, quoteAsset: QUOTE_ASSET, baseUnit: 1, feeCap: FEE_CAP };
  for (let instrument = 1; instrument <= instruments; instrument += 1) {
    add(
      CommandKind.AddInstrument,
      encodeInstrumentTerms({
        symbol: instruments === 1 ? 'RECORDED' : `RECORDED-${instrument}`,
        shard: ANY_SHARD,
        priceMin: needs.priceMin,
        priceMax: needs.priceMax,
        quantityMax: needs.quantityMax,
        unit: 1,
        referencePrice: null,
        priceDecimals: 0,
        quantityDecimals: 0,
        ...(money ? paid : {}),
      }),
    );
    if (money) add(CommandKind.SetFees, encodeFeeTerms(FEES), 0, instrument);
  }
  for (const party of parties) {
    const open = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(open, COMMAND_CLIENT_ORDER_ID, party.lane, 0);
    open[COMMAND_ACCOUNT] = party.account;
    open[COMMAND_SESSION] = party.session;
    open[COMMAND_KIND_WORD] = CommandKind.SessionOpen;
    records.push(open);
  }
  for (const party of money ? parties : []) {
    for (const asset of [BASE_ASSET, QUOTE_ASSET]) records.push(deposit(first, party.account, asset));
  }
  for (let instrument = 1; phase !== undefined && instrument <= instruments; instrument += 1) {
    const change = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(change, COMMAND_CLIENT_ORDER_ID, first.lane, 0);
    change[COMMAND_SESSION] = first.session;
    change[COMMAND_INSTRUMENT] = instrument;
    change[COMMAND_KIND_WORD] = CommandKind.SetPhase | (phase << 16);
    records.push(change);
  }
  const words = new Int32Array(records.reduce((sum, record) => sum + record.length, 0));
  let at = 0;
  for (const record of records) {
    words.set(record, at);
    at += record.length;
  }
  return { words, parties };
}

function deposit(from: PlanParty, account: number, asset: number): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, from.lane, 0);
  words[COMMAND_SESSION] = from.session;
  words[COMMAND_ACCOUNT] = account;
  words[COMMAND_INSTRUMENT] = asset;
  words[COMMAND_QUANTITY] = FUNDS | 0;
  words[COMMAND_DISPLAY_QUANTITY] = highWord(FUNDS);
  words[COMMAND_KIND_WORD] = CommandKind.Deposit;
  return words;
}

function partyOf(account: number): PlanParty {
  return { account, session: account, lane: account, instrument: 1 };
}
