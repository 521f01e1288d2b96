/** The tables against the overlays, and the checks made from them. */

import t from 'tap';
import { CommandFlag, CommandKind, EventKind, OrderType, Reason, TimeInForce } from './codes.js';
import { sampleCommands, sampleTerms } from './frame-samples.js';
import { OVERLAYS, STRUCTS } from './generated/shapes.js';
import {
  COMMAND_FIELDS,
  COMMAND_ROWS,
  checkCommandShape,
  checkEventShape,
  checkParts,
  EVENT_ROWS,
  needsParts,
} from './kinds.js';
import {
  COMMAND_BYTES,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_BYTES,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  MAX_PARTS,
} from './layout.js';

const ON_WIRE = false;
const INSIDE = true;
const TYPE_AT = COMMAND_FIELDS.type[0];
const TIME_IN_FORCE_AT = COMMAND_FIELDS.timeInForce[0];
const FLAGS_AT = 62;
/** Of a New only stops have them. */
const STOP_FIELDS = ['trigger', 'triggerPrice'];

function commandOf(kind: number): { words: Int32Array; bytes: Uint8Array } {
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = kind;
  return { words, bytes: new Uint8Array(words.buffer) };
}

t.test('every kind has one row', async (t) => {
  const commands = Object.values(CommandKind).filter((kind) => typeof kind === 'number' && kind !== CommandKind.None);
  t.same(
    COMMAND_ROWS.map(({ kind }) => kind).sort((a, b) => a - b),
    commands,
  );
  const events = Object.values(EventKind).filter((kind) => typeof kind === 'number' && kind !== EventKind.None);
  t.same(
    EVENT_ROWS.map(({ kind }) => kind).sort((a, b) => a - b),
    events,
  );
});

t.test('a byte that an overlay calls zero must be zero, by itself', async (t) => {
  for (const { kind, overlay } of COMMAND_ROWS) {
    const shape = Object.entries({ ...STRUCTS, ...OVERLAYS }).find(([name]) => name === overlay)?.[1];
    t.ok(shape, overlay);
    let zeros = 0;
    for (const field of shape?.fields ?? []) {
      if (!field.name.startsWith('zero')) continue;
      for (let at = field.at; at < field.at + field.bytes; at++) {
        const { words, bytes } = commandOf(kind);
        bytes[at] = 0x80;
        zeros += 1;
        const reason = checkCommandShape(words, 0, INSIDE);
        if (reason !== Reason.FieldNotZero) t.fail(`${CommandKind[kind]} byte ${at}: ${reason}`);
      }
    }
    t.ok(zeros > 0, `${CommandKind[kind]}: ${zeros} bytes refused one by one`);
  }
});

t.test('a field that a row names may hold anything its codes allow, all others are refused', async (t) => {
  for (const { kind, fields, filledInside } of COMMAND_ROWS) {
    if (kind === CommandKind.Part) continue;
    for (const [name, [at, size]] of Object.entries(COMMAND_FIELDS)) {
      if (name === 'kind' || name === 'flags') continue;
      const { words, bytes } = commandOf(kind);
      if (name === 'displayQuantity' && kind === CommandKind.New) bytes[TYPE_AT] = OrderType.Iceberg;
      if (name === 'minQuantity' && kind === CommandKind.New) bytes[TIME_IN_FORCE_AT] = TimeInForce.ImmediateOrCancel;
      if (STOP_FIELDS.includes(name) && kind === CommandKind.New) bytes[TYPE_AT] = OrderType.Stop;
      // What a mass cancel takes by is behind its flags, and a lane has 16 bits.
      if (kind === CommandKind.MassCancel && name === 'quantity') bytes[FLAGS_AT] = CommandFlag.OneLane;
      if (kind === CommandKind.SessionOpen && name === 'quantity') bytes[FLAGS_AT] = CommandFlag.CancelOnDisconnect;
      if (kind === CommandKind.MassCancel && name === 'side') bytes[FLAGS_AT] = CommandFlag.OneSide;
      const coded = ['side', 'type', 'timeInForce', 'selfTrade', 'trigger'].includes(name);
      bytes.fill(
        coded ? 1 : 0xff,
        at,
        at + (kind === CommandKind.MassCancel && size === 4 && name === 'quantity' ? 2 : size),
      );
      const named = name in fields;
      const wanted = named ? Reason.None : Reason.FieldNotZero;
      t.equal(checkCommandShape(words, 0, INSIDE), wanted, `${CommandKind[kind]} ${name} inside`);
      const onWire = named && filledInside.some((field) => field === name) ? Reason.FieldNotZero : wanted;
      t.equal(checkCommandShape(words, 0, ON_WIRE), onWire, `${CommandKind[kind]} ${name} on the wire`);
    }
  }
});

t.test('codes out of range have a refusal each', async (t) => {
  for (const [kind, byte, value, reason] of [
    [CommandKind.None, 0, 0, Reason.BadKind],
    [8 as CommandKind, 0, 0, Reason.BadKind],
    [255 as CommandKind, 0, 0, Reason.BadKind],
    [CommandKind.New, 57, 2, Reason.BadSide],
    [CommandKind.New, 58, 7, Reason.BadType],
    [CommandKind.New, 59, 5, Reason.BadTimeInForce],
    [CommandKind.New, 60, 4, Reason.None],
    [CommandKind.New, 60, 5, Reason.BadSelfTrade],
    [CommandKind.New, 61, 4, Reason.BadTrigger],
    [CommandKind.New, 61, 1, Reason.FieldNotZero],
    [CommandKind.MassCancel, 57, 1, Reason.FieldNotZero],
    [CommandKind.MassCancel, 40, 1, Reason.FieldNotZero],
    [CommandKind.SessionOpen, 40, 1, Reason.FieldNotZero],
    [CommandKind.SetPhase, 58, 7, Reason.None],
    [CommandKind.SetPhase, 58, 8, Reason.BadPhase],
  ] as const) {
    const { words, bytes } = commandOf(kind);
    if (byte !== 0) bytes[byte] = value;
    t.equal(checkCommandShape(words, 0, ON_WIRE), reason);
  }
});

t.test(
  'of the flags only those of the kind are taken, Late only inside, and PutAside has a refusal of its own there',
  async (t) => {
    for (const { kind, flags } of COMMAND_ROWS) {
      if (kind === CommandKind.Part) continue;
      for (let bit = 0; bit < 16; bit++) {
        const { words, bytes } = commandOf(kind);
        const flag = 1 << bit;
        if (flag === CommandFlag.Slide && kind === CommandKind.New) continue;
        if (flag === CommandFlag.RefuseIfThrough && kind === CommandKind.New) bytes[TYPE_AT] = OrderType.Stop;
        words[COMMAND_FLAGS_WORD] = flag << 16;
        const own = (flags & flag) !== 0 ? Reason.None : Reason.BadFlags;
        const marked = flag === CommandFlag.PutAside ? Reason.PutAside : own;
        const inside = flag === CommandFlag.Late ? Reason.None : marked;
        if (checkCommandShape(words, 0, ON_WIRE) !== own) t.fail(`${CommandKind[kind]} bit ${bit} on the wire`);
        if (checkCommandShape(words, 0, INSIDE) !== inside) t.fail(`${CommandKind[kind]} bit ${bit} inside`);
      }
      t.pass(CommandKind[kind]);
    }
  },
);

t.test('a head is followed by its Parts and by nothing else', async (t) => {
  const commands = sampleCommands();
  const records = commands.length / COMMAND_WORDS;
  let groups = 0;
  for (let index = 0; index < records; groups++) {
    const parts = checkParts(commands, index * COMMAND_WORDS, records - index);
    t.ok(parts >= 0);
    t.equal(parts > 0, needsParts((commands[index * COMMAND_WORDS + COMMAND_KIND_WORD] ?? 0) & 0xff));
    index += 1 + parts;
  }
  t.equal(groups, 8);
});

t.test('Parts that do not belong together are refused', async (t) => {
  const [sample] = sampleTerms().filter(({ kind }) => kind === CommandKind.AddKey);
  const parts = sample?.parts ?? new Int32Array(0);
  const count = parts.length / COMMAND_WORDS;
  t.equal(count, 2);
  function group(change: (words: Int32Array) => void): number {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words[COMMAND_KIND_WORD] = CommandKind.AddKey;
    words.set(parts, COMMAND_WORDS);
    change(words);
    return checkParts(words, 0, words.length / COMMAND_WORDS);
  }
  const second = 2 * COMMAND_WORDS;
  t.equal(
    group(() => undefined),
    2,
  );
  for (const [what, change] of [
    ['another operation id', (words) => (words[second] = 1)],
    ['another operation id above', (words) => (words[second + 1] = 1)],
    ['the same index twice', (words) => (words[second + 2] = 0 | (2 << 8))],
    ['another count', (words) => (words[second + 2] = 1 | (3 << 8))],
    ['a count of none', (words) => (words[COMMAND_WORDS + 2] = 0)],
    ['a count above what is there', (words) => (words[COMMAND_WORDS + 2] = 3 << 8)],
    ['a count above the most', (words) => (words[COMMAND_WORDS + 2] = (MAX_PARTS + 1) << 8)],
    ['another kind between', (words) => (words[second + COMMAND_KIND_WORD] = CommandKind.New)],
    ['a Part as head', (words) => (words[COMMAND_KIND_WORD] = CommandKind.Part)],
  ] as [string, (words: Int32Array) => void][]) {
    t.equal(group(change), -Reason.BadParts, what);
  }
  t.equal(
    group((words) => (words[second + 2] = 1 | (2 << 8) | (1 << 16))),
    -Reason.FieldNotZero,
    'a zero byte',
  );
  const alone = commandOf(CommandKind.AddKey).words;
  t.equal(checkParts(alone, 0, 1), -Reason.BadParts, 'no Parts at all');
  t.equal(checkParts(commandOf(CommandKind.RevokeKey).words, 0, 1), 0, 'a kind without terms');
});

t.test('Parts beyond the records that are there, or beyond 32, are not taken', async (t) => {
  function chain(parts: number): Int32Array {
    const words = new Int32Array((parts + 1) * COMMAND_WORDS);
    words[COMMAND_KIND_WORD] = CommandKind.AddAccount;
    for (let index = 0; index < parts; index++) {
      words[(index + 1) * COMMAND_WORDS + COMMAND_KIND_WORD] = CommandKind.Part;
      words[(index + 1) * COMMAND_WORDS + 2] = index | (parts << 8);
    }
    return words;
  }
  t.equal(checkParts(chain(3), 0, 4), 3);
  t.equal(checkParts(chain(3), 0, 3), -Reason.BadParts, 'the third lies there from before');
  t.equal(checkParts(chain(1), 0, 1), -Reason.BadParts, 'the only one lies there from before');
  t.equal(checkParts(chain(MAX_PARTS), 0, MAX_PARTS + 1), MAX_PARTS);
  t.equal(checkParts(chain(MAX_PARTS + 1), 0, MAX_PARTS + 2), -Reason.BadParts);
});

t.test('an event that says more than its kind says is found', async (t) => {
  for (const { kind, fields, bits } of EVENT_ROWS) {
    const words = new Int32Array(EVENT_WORDS);
    const bytes = new Uint8Array(words.buffer);
    words[EVENT_KIND_WORD] = kind;
    t.equal(checkEventShape(words, 0), 0, EventKind[kind]);
    let refused = 0;
    for (let at = 24; at < EVENT_BYTES; at++) {
      if (at === 92) continue;
      bytes[at] = 0xff;
      if (checkEventShape(words, 0) === Reason.FieldNotZero) refused += 1;
      bytes[at] = 0;
    }
    t.ok(
      refused > 0,
      `${EventKind[kind]}: ${refused} bytes, ${Object.keys(fields).length} fields, ${bits.length} bits`,
    );
  }
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_KIND_WORD] = 200;
  t.equal(checkEventShape(words, 0), Reason.BadKind);
});

const PUBLIC_OVERLAYS: Readonly<Record<number, (typeof OVERLAYS)[keyof typeof OVERLAYS] | undefined>> = {
  [EventKind.Trade]: OVERLAYS.TradeRecord,
  [EventKind.Top]: OVERLAYS.TopRecord,
  [EventKind.TradeVoid]: OVERLAYS.TradeVoidRecord,
  [EventKind.TradeCorrected]: OVERLAYS.TradeCorrectedRecord,
  [EventKind.Indicative]: OVERLAYS.IndicativeRecord,
};

t.test('public records name neither account, session, client order id, account sequence nor fee', async (t) => {
  for (const { kind, fields } of EVENT_ROWS) {
    if (kind < EventKind.Trade) continue;
    for (const name of ['account', 'session', 'clientOrderId', 'accountSequence']) t.notOk(name in fields, name);
    if (kind === EventKind.Trade || kind === EventKind.TradeVoid) t.notOk('amount' in fields, 'fee');
    const overlay = PUBLIC_OVERLAYS[kind];
    if (overlay === undefined) {
      t.fail(`no overlay for public kind ${kind}`);
      continue;
    }
    const words = new Int32Array(EVENT_WORDS);
    const bytes = new Uint8Array(words.buffer);
    for (const field of overlay.fields) {
      words.fill(0);
      words[EVENT_KIND_WORD] = kind;
      if (field.name === 'kind' || field.name === 'bits' || field.name === 'reason') continue;
      bytes[field.at] = 1;
      const wanted = field.name.startsWith('zero') ? Reason.FieldNotZero : Reason.None;
      t.equal(checkEventShape(words, 0), wanted, `${overlay.name} ${field.name}`);
    }
  }
});

t.test('commands are looked at where they lie, not at the beginning', async (t) => {
  const words = new Int32Array(3 * COMMAND_WORDS).fill(-1);
  words.fill(0, COMMAND_WORDS, 2 * COMMAND_WORDS);
  words[COMMAND_WORDS + COMMAND_KIND_WORD] = CommandKind.Cancel;
  t.equal(checkCommandShape(words, COMMAND_WORDS, ON_WIRE), 0);
  t.not(checkCommandShape(words, 0, ON_WIRE), 0);
  t.equal(COMMAND_BYTES, 4 * COMMAND_WORDS);
});
