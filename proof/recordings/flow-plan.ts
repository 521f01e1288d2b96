/**
 * Reads a flow file (`commands.bin.gz`, 16 bytes a command) and turns it into the platform's own commands. Shared by the
 * model's test and by the flow benchmark. Any thread, off the hot path except `writeCommand`, which a benchmark calls
 * before its clock runs.
 *
 *    0 u8 type (0 new, 1 cancel, 2 modify)   1 u8 side   2 u8 ioc   3 u8 zero   4 u32 quantity   8 u32 order id   12 i32 price
 *
 * Two parties play: all that the flow buys belongs to one account, all that it sells to the other; each has a lane of
 * its own. The command at index i has counter i + 1 in its lane. A modify is a `CancelReplace` and gives the order a new
 * client order id; if it is refused its order is gone, and so the next command may name the new id in any case.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { CommandFlag, CommandKind, OrderType, Side, TimeInForce } from '../../schemas/codes.js';
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
} from '../../schemas/layout.js';
import { type PlanNeeds, type PlanParty, writeClientOrderId } from './day-plan.js';
import { RecordingError } from './recording-error.js';

export const FLOW_RECORD_BYTES = 16;
const [TYPE_NEW, TYPE_CANCEL, TYPE_MODIFY] = [0, 1, 2] as const;
/** No command has entered the order: its cancel or modify names a client order id that never lives. */
const NEVER_ENTERED = 0;

export class FlowPlan {
  constructor(
    readonly path: string,
    readonly needs: PlanNeeds,
    private readonly types: Uint8Array,
    /** The side that the order has, which a cancel or modify takes over from the order's new. */
    private readonly sides: Uint8Array,
    private readonly iocs: Uint8Array,
    private readonly quantities: Uint32Array,
    private readonly orderIds: Uint32Array,
    private readonly prices: Int32Array,
    /** Counter under which the order is known when this command comes; 0 when none is. */
    private readonly targets: Uint32Array,
  ) {}

  get length(): number {
    return this.types.length;
  }

  /** The flow's order id in the command with this counter. */
  orderId(counter: number): number {
    return this.orderIds[counter - 1] ?? 0;
  }

  /** The price in the command with this counter. */
  price(counter: number): number {
    return this.prices[counter - 1] ?? 0;
  }

  /** The side of the order that the command with this counter is about: 0 buy, 1 sell. */
  side(counter: number): number {
    return this.sides[counter - 1] ?? 0;
  }

  isModify(counter: number): boolean {
    return this.types[counter - 1] === TYPE_MODIFY;
  }

  /** Writes command `index` (16 words) at word `at`, for the party of its side. The time word is left zero. */
  writeCommand(words: Int32Array, at: number, index: number, buyer: PlanParty, seller: PlanParty): void {
    const type = this.types[index] ?? 0;
    const side = this.sides[index] ?? 0;
    const party = side === Side.Buy ? buyer : seller;
    const counter = index + 1;
    words.fill(0, at, at + COMMAND_WORDS);
    writeClientOrderId(words, at + COMMAND_CLIENT_ORDER_ID, party.lane, counter);
    words[at + COMMAND_ACCOUNT] = party.account;
    words[at + COMMAND_SESSION] = party.session;
    words[at + COMMAND_INSTRUMENT] = party.instrument;
    if (type === TYPE_NEW) {
      const timeInForce = this.iocs[index] === 1 ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel;
      words[at + COMMAND_KIND_WORD] = CommandKind.New | (side << 8) | (OrderType.Limit << 16) | (timeInForce << 24);
    } else {
      const target = this.targets[index] || counter;
      writeClientOrderId(words, at + COMMAND_TARGET_ID, party.lane, target);
      words[at + COMMAND_FLAGS_WORD] = CommandFlag.TargetIsClientOrderId << 16;
      words[at + COMMAND_KIND_WORD] = type === TYPE_CANCEL ? CommandKind.Cancel : CommandKind.CancelReplace;
    }
    if (type !== TYPE_CANCEL) {
      words[at + COMMAND_PRICE] = this.prices[index] ?? 0;
      words[at + COMMAND_QUANTITY] = this.quantities[index] ?? 0;
    }
  }
}

/** Reads a flow file. Throws RecordingError with file and record (from 0) when anything is off. */
export async function planFlow(path: string): Promise<FlowPlan> {
  const bytes = await unzip(path);
  const length = bytes.length / FLOW_RECORD_BYTES;
  if (length === 0) {
    throw new RecordingError(path, '', 'the file is empty');
  }
  if (!Number.isInteger(length)) {
    throw new RecordingError(path, `record ${Math.floor(length)}`, 'the last record is cut short');
  }
  const types = new Uint8Array(length);
  const sides = new Uint8Array(length);
  const iocs = new Uint8Array(length);
  const quantities = new Uint32Array(length);
  const orderIds = new Uint32Array(length);
  const prices = new Int32Array(length);
  const targets = new Uint32Array(length);
  /** Counter of the command that last named the order, by the flow's order id. */
  const lastNamed = new Map<number, number>();
  let [priceMin, priceMax, quantityMax, orders] = [0x7fffffff, -0x7fffffff, 1, 0];

  for (let index = 0; index < length; index += 1) {
    const at = index * FLOW_RECORD_BYTES;
    const refuse = (what: string): never => {
      throw new RecordingError(path, `record ${index}`, what);
    };
    const type = bytes[at] ?? 0;
    const side = bytes[at + 1] ?? 0;
    const ioc = bytes[at + 2] ?? 0;
    const quantity = bytes.readUInt32LE(at + 4);
    const orderId = bytes.readUInt32LE(at + 8);
    const price = bytes.readInt32LE(at + 12);
    if (type > TYPE_MODIFY) {
      refuse(`type ${type} is none of 0, 1, 2`);
    }
    if (side > 1) {
      refuse(`side ${side} is neither 0 nor 1`);
    }
    if (ioc > 1 || (ioc === 1 && type !== TYPE_NEW)) {
      refuse(`ioc ${ioc} on type ${type}`);
    }
    if (bytes[at + 3] !== 0) {
      refuse('byte 3 is not zero');
    }
    const target = lastNamed.get(orderId) ?? NEVER_ENTERED;
    if (type !== TYPE_CANCEL) {
      if (quantity === 0) {
        refuse('quantity 0');
      }
      if (price === -0x80000000) {
        refuse('the price is the number that stands for no price');
      }
      priceMin = Math.min(priceMin, price);
      priceMax = Math.max(priceMax, price);
      quantityMax = Math.max(quantityMax, quantity);
    }
    types[index] = type;
    sides[index] = type === TYPE_NEW || target === NEVER_ENTERED ? side : (sides[target - 1] ?? side);
    iocs[index] = ioc;
    quantities[index] = quantity;
    orderIds[index] = orderId;
    prices[index] = price;
    if (type === TYPE_NEW) {
      orders += 1;
      lastNamed.set(orderId, index + 1);
    } else {
      targets[index] = target;
      if (type === TYPE_MODIFY && target !== NEVER_ENTERED) {
        lastNamed.set(orderId, index + 1);
      }
    }
  }
  if (priceMin > priceMax) {
    [priceMin, priceMax] = [0, 0];
  }
  const needs = { priceMin, priceMax, quantityMax, orders };
  return new FlowPlan(path, needs, types, sides, iocs, quantities, orderIds, prices, targets);
}

async function unzip(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const source = createReadStream(path);
  const gunzip = source.pipe(createGunzip());
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) {
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    throw new RecordingError(path, '', `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    source.destroy();
  }
  return Buffer.concat(chunks);
}
