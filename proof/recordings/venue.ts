/**
 * The first commands of a venue: accounts, instruments that take all that a recording does, an open lane for each
 * account, the instruments' phase. For whoever plays a recording into a model or an engine without a gateway. Any
 * thread, off the hot path.
 */
import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms } from '../../schemas/admin.js';
import { CommandKind, type Phase } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_SESSION,
  COMMAND_WORDS,
} from '../../schemas/layout.js';
import { type PlanNeeds, type PlanParty, writeClientOrderId } from './day-plan.js';

/** Largest price times quantity times unit that an instrument may have; a recording's own bounds are far below. */
const MAX_NOTIONAL = 2 ** 50;

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
export function venueFor(needs: PlanNeeds, accounts: number, phase?: Phase, instruments = 1): Venue {
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
  const add = (kind: CommandKind, parts: Int32Array): void => {
    const head = new Int32Array(COMMAND_WORDS);
    head[COMMAND_KIND_WORD] = kind;
    records.push(head, parts);
  };
  for (const party of parties) {
    add(CommandKind.AddAccount, encodeAccountTerms({ name: `player-${party.account}` }));
  }
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
      }),
    );
  }
  for (const party of parties) {
    const open = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(open, COMMAND_CLIENT_ORDER_ID, party.lane, 0);
    open[COMMAND_ACCOUNT] = party.account;
    open[COMMAND_SESSION] = party.session;
    open[COMMAND_KIND_WORD] = CommandKind.SessionOpen;
    records.push(open);
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

function partyOf(account: number): PlanParty {
  return { account, session: account, lane: account, instrument: 1 };
}
