/**
 * Turns a recorded exchange day (`commands.csv.gz`) into the platform's own commands. Shared by the model's tests, the
 * engine's and the player over the socket, so that all of them play exactly the same day. Any thread, off the hot path.
 *
 * The day goes through one session: client order ids are counted (the command at index i has counter i + 1), a cancel
 * names its order by client order id, and where the recording changes its phase a `SetPhase` stands before the first
 * command of the new phase: OPEN and CLOSE are auctions, CONT is continuous.
 *
 * A plan holds 19 bytes a command, not 64: records are written out where and when they are wanted.
 */
import { join } from 'node:path';
import { CommandFlag, CommandKind, OrderType, Phase, Side, TimeInForce } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  highWord,
} from '../../schemas/layout.js';
import { GrowingColumn } from './columns.js';
import { readCsvGz } from './csv-lines.js';

const HEADER = ['seq', 'time', 'cmd', 'order_id', 'side', 'price_fen', 'qty', 'phase', 'origin'];
const [SEQ, TIME, CMD, ORDER_ID, SIDE, PRICE, QTY, PHASE, ORIGIN] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const COMMAND_NAMES = ['NEW', 'CXL', 'UNCROSS'];
const SIDE_NAMES = ['B', 'S'];
const PHASE_NAMES = ['OPEN', 'CONT', 'CLOSE'];
const PHASE_CODES = [Phase.Auction, Phase.Continuous, Phase.Auction];
const LOWEST_PRICE = -0x7fffffff;
const HIGHEST_PRICE = 0x7fffffff;
const HIGHEST_QUANTITY = 0xffffffff;
const MS_OF_FIELDS = [3_600_000, 60_000, 1_000];

/** Who plays, and on which instrument: words that every command of the plan carries. */
export interface PlanParty {
  readonly account: number;
  readonly session: number;
  readonly lane: number;
  readonly instrument: number;
}

/** What the instrument and the engine must allow for the day to be played. */
export interface PlanNeeds {
  readonly priceMin: number;
  readonly priceMax: number;
  readonly quantityMax: number;
  /** Orders entered in all; never more are open at once. */
  readonly orders: number;
}

export class DayPlan {
  constructor(
    /** The file it was made from. */
    readonly path: string,
    readonly needs: PlanNeeds,
    private readonly kinds: Uint8Array,
    /** New: the side; SetPhase: the phase. */
    private readonly details: Uint8Array,
    private readonly prices: Int32Array,
    private readonly quantities: Uint32Array,
    /** Cancel: the counter of the order it takes away. */
    private readonly targets: Uint32Array,
    private readonly times: Int32Array,
    private readonly counters: ReadonlyMap<string, number>,
    private readonly ids: ReadonlyMap<number, string>,
  ) {}

  /** Number of commands, `SetPhase` included. */
  get length(): number {
    return this.kinds.length;
  }

  kindAt(index: number): CommandKind {
    return this.kinds[index] ?? CommandKind.None;
  }

  /** The side of a new order, of a cancel that of its order; 0 of what has none. */
  sideAt(index: number): number {
    const kind = this.kinds[index];
    if (kind === CommandKind.New) return this.details[index] ?? 0;
    return kind === CommandKind.Cancel ? (this.details[(this.targets[index] ?? 0) - 1] ?? 0) : 0;
  }

  /** When it happened: milliseconds since midnight. */
  timeAt(index: number): number {
    return this.times[index] ?? 0;
  }

  /** Nothing may be sent behind an uncross before its end has been seen. */
  isUncross(index: number): boolean {
    return this.kinds[index] === CommandKind.Uncross;
  }

  /** What the cancel with this counter must take away; 0 when the counter is not a cancel's. */
  cancelQuantity(counter: number): number {
    return this.kinds[counter - 1] === CommandKind.Cancel ? (this.quantities[counter - 1] ?? 0) : 0;
  }

  /** The counter of the order with this recorded id; 0 when no command entered it. */
  counterOf(recordedId: string): number {
    return this.counters.get(recordedId) ?? 0;
  }

  /** The recorded id of the order with this counter; empty when it is not an order's. */
  recordedId(counter: number): string {
    return this.ids.get(counter) ?? '';
  }

  /** Writes command `index` (16 words) at word `at`. The time word is left zero: the shard stamps it. */
  writeCommand(words: Int32Array, at: number, index: number, party: PlanParty): void {
    const kind = this.kindAt(index);
    words.fill(0, at, at + COMMAND_WORDS);
    const counter = index + 1;
    writeClientOrderId(words, at + COMMAND_CLIENT_ORDER_ID, party.lane, counter);
    words[at + COMMAND_SESSION] = party.session;
    words[at + COMMAND_INSTRUMENT] = party.instrument;
    const detail = this.details[index] ?? 0;
    if (kind === CommandKind.New) {
      words[at + COMMAND_ACCOUNT] = party.account;
      words[at + COMMAND_PRICE] = this.prices[index] ?? 0;
      words[at + COMMAND_QUANTITY] = this.quantities[index] ?? 0;
      words[at + COMMAND_KIND_WORD] = kind | (detail << 8) | (OrderType.Limit << 16) | (TimeInForce.Day << 24);
    } else if (kind === CommandKind.Cancel) {
      words[at + COMMAND_ACCOUNT] = party.account;
      writeClientOrderId(words, at + COMMAND_TARGET_ID, party.lane, this.targets[index] ?? 0);
      words[at + COMMAND_KIND_WORD] = kind;
      words[at + COMMAND_FLAGS_WORD] = CommandFlag.TargetIsClientOrderId << 16;
    } else {
      words[at + COMMAND_KIND_WORD] = kind | (detail << 16);
    }
  }
}

/** Milliseconds since midnight of HH:MM:SS.mmm. */
function millisecondsOf(time: string): number {
  return time.split(':').reduce((sum, field, at) => sum + Math.round(Number(field) * (MS_OF_FIELDS[at] ?? 0)), 0);
}

/** Lane in the top 16 bits, counter (exact double below 2^48) in the others. */
export function writeClientOrderId(words: Int32Array, at: number, lane: number, counter: number): void {
  words[at] = counter | 0;
  words[at + 1] = (lane << 16) | highWord(counter);
}

/** Reads `commands.csv.gz` of a day's folder. Throws RecordingError with file and line when anything is off. */
export async function planDay(folder: string): Promise<DayPlan> {
  const path = join(folder, 'commands.csv.gz');
  const kinds = GrowingColumn.uint8();
  const details = GrowingColumn.uint8();
  const prices = GrowingColumn.int32();
  const quantities = GrowingColumn.uint32();
  const targets = GrowingColumn.uint32();
  const times = GrowingColumn.int32();
  const counters = new Map<string, number>();
  const ids = new Map<number, string>();
  let [priceMin, priceMax, quantityMax] = [HIGHEST_PRICE, LOWEST_PRICE, 1];
  let phase = -1;
  let time = 0;

  const push = (kind: CommandKind, detail: number, price: number, quantity: number, target: number): void => {
    kinds.push(kind);
    details.push(detail);
    prices.push(price);
    quantities.push(quantity);
    targets.push(target);
    times.push(time);
  };

  await readCsvGz(path, HEADER, (row) => {
    row.id(SEQ);
    time = millisecondsOf(row.time(TIME));
    const id = row.id(ORDER_ID);
    const command = COMMAND_NAMES[row.oneOf(CMD, COMMAND_NAMES)];
    const rowPhase = row.oneOf(PHASE, PHASE_NAMES);
    row.oneOf(ORIGIN, ['', 'full', 'rem']);
    if (rowPhase !== phase) {
      phase = rowPhase;
      push(CommandKind.SetPhase, PHASE_CODES[phase] ?? 0, 0, 0, 0);
    }
    if (command === 'UNCROSS') {
      if (PHASE_CODES[phase] !== Phase.Auction) {
        row.refuse('an uncross outside an auction');
      }
      if (id !== '0' || row.text(SIDE) !== '' || row.whole(PRICE, 0, 0) !== 0 || row.whole(QTY, 0, 0) !== 0) {
        row.refuse('an uncross names no order, side, price or quantity');
      }
      push(CommandKind.Uncross, 0, 0, 0, 0);
      return;
    }
    const side = row.oneOf(SIDE, SIDE_NAMES) === 0 ? Side.Buy : Side.Sell;
    const price = row.whole(PRICE, LOWEST_PRICE, HIGHEST_PRICE);
    const quantity = row.whole(QTY, 1, HIGHEST_QUANTITY);
    const counter = counters.get(id) ?? 0;
    if (command === 'NEW') {
      if (counter !== 0) {
        row.refuse(`order ${id} is entered a second time`);
      }
      push(CommandKind.New, side, price, quantity, 0);
      counters.set(id, kinds.length);
      ids.set(kinds.length, id);
      priceMin = Math.min(priceMin, price);
      priceMax = Math.max(priceMax, price);
      quantityMax = Math.max(quantityMax, quantity);
      return;
    }
    if (counter === 0) {
      row.refuse(`cancels order ${id}, which no row before has entered`);
    }
    push(CommandKind.Cancel, 0, 0, quantity, counter);
  });

  if (counters.size === 0) {
    [priceMin, priceMax] = [0, 0];
  }
  return new DayPlan(
    path,
    { priceMin, priceMax, quantityMax, orders: counters.size },
    kinds.finish(),
    details.finish(),
    prices.finish(),
    quantities.finish(),
    targets.finish(),
    times.finish(),
    counters,
    ids,
  );
}
