/**
 * The audit trail of a venue on this machine: what was done about market, risk and administration, by whom, why, and what
 * the venue answered; read from the journals of all shards. Main thread.
 */

import type { Engine } from '../../../engine/engine.js';
import type { JournalRecord } from '../../../engine/journal/reader.js';
import { LANE_ACCOUNT, LANE_INCARNATION, LANE_SHIFT } from '../../../engine/state/lane-words.js';
import { decodeTerms } from '../../../schemas/admin.js';
import { CommandKind, EventKind } from '../../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_COMMAND_SEQUENCE,
  EVENT_DUPLICATE_BIT,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  joinWords,
} from '../../../schemas/layout.js';
import { beginningOf, firstEventOf, type LocalDirectory, readDirectory } from './local-directory.js';
import { type LocalVenue, recordsOf } from './local-venue.js';
import { commandObject, eventObject, type PlainObject, partsBehind } from './record-objects.js';

/** Of a session whose logon lies in a segment that was retired. */
const UNKNOWN = -1;
const UNKNOWN_NAME = 'not known: the logon is in a retired segment';

/** One thing that was done. */
export interface AuditEntry {
  readonly timeUs: number;
  readonly shard: number;
  /** The command's number in its shard. */
  readonly sequence: number;
  /** Whose session sent it, and its name; 0: the platform itself; -1: not known any more. */
  readonly account: number;
  readonly name: string;
  readonly session: number;
  /** In plain words. */
  readonly what: string;
  readonly why: string | null;
  /** Done, or the reason of a refusal. */
  readonly answer: string;
  readonly command: PlainObject;
}

/** Which numbers mean what: readers of a trail want names. */
interface Names {
  readonly symbols: ReadonlyMap<number, string>;
  readonly directory: LocalDirectory;
}

/** All of it, in the order of time. Throws a PlatformError. */
export function auditTrail(venue: LocalVenue): AuditEntry[] {
  const directory = readDirectory(venue);
  const symbols = new Map([...directory.instruments].map(([symbol, { id }]) => [id, symbol]));
  const shards = Array.from({ length: venue.shardCount }, (_, shard) => trailOf(venue, shard, { symbols, directory }));
  return shards.flat().sort((one, other) => one.timeUs - other.timeUs);
}

function trailOf(venue: LocalVenue, shard: number, names: Names): AuditEntry[] {
  const entries: AuditEntry[] = [];
  const owners = ownersIn(beginningOf(venue, shard));
  const notes = new Map<string, string>();
  for (const record of recordsOf(venue, shard, firstEventOf(venue, shard))) {
    const answers = firstEvents(record);
    for (let at = 0; at < record.commands.length; ) {
      const { commands } = record;
      const parts = partsBehind(commands, at);
      const sequence = record.firstCommandSequence + at / COMMAND_WORDS;
      const kind: CommandKind = (commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
      const session = (commands[at + COMMAND_SESSION] ?? 0) >>> 0;
      const answerAt = answers.get(sequence);
      if (kind === CommandKind.SessionOpen) owners.set(session, commands[at + COMMAND_ACCOUNT] ?? 0);
      if (kind === CommandKind.Note) {
        const terms = decodeTerms(commands, at, parts + 1);
        if (typeof terms !== 'number' && terms.type === 'note') {
          notes.set(`${session}/${idText(commands, at + COMMAND_TARGET_ID)}`, terms.text);
        }
      } else if (isOperators(kind) && answerAt !== undefined && !isForwarded(shard, kind, session)) {
        const account = session === 0 ? 0 : (owners.get(session) ?? UNKNOWN);
        const command = commandObject(commands, at, sequence);
        entries.push({
          timeUs: joinWords(commands[at + COMMAND_TIME_US] ?? 0, commands[at + COMMAND_TIME_US + 1] ?? 0),
          shard,
          sequence,
          account,
          name: account === 0 ? 'the platform' : account === UNKNOWN ? UNKNOWN_NAME : accountName(names, account),
          session,
          what: saidOf(command, names),
          why: notes.get(`${session}/${idText(commands, at + COMMAND_CLIENT_ORDER_ID)}`) ?? null,
          answer: answerOf(record, answerAt),
          command,
        });
      }
      at += (1 + parts) * COMMAND_WORDS;
    }
  }
  return entries;
}

/** Accounts by their sessions, as far as an engine knows them: of each lane the newest. */
function ownersIn(engine: Engine | null): Map<number, number> {
  const owners = new Map<number, number>();
  if (engine === null) return owners;
  const { lanes } = engine.state;
  for (let lane = 0; lane < lanes.count; lane++) {
    const at = lane << LANE_SHIFT;
    owners.set((lanes.words[at + LANE_INCARNATION] ?? 0) >>> 0, lanes.words[at + LANE_ACCOUNT] ?? 0);
  }
  return owners;
}

/** Market, risk, administration and money: all that is no order, no session and no question. */
function isOperators(kind: number): boolean {
  return kind >= CommandKind.SetPhase && kind !== CommandKind.Continue && kind !== CommandKind.Part;
}

/** Admin records stand in each shard's journal; shard 0's says who sent them. */
function isForwarded(shard: number, kind: number, session: number): boolean {
  return shard !== 0 && session === 0 && kind >= CommandKind.AddInstrument && kind <= CommandKind.AddAsset;
}

/** The first event of each command of a group, but for those that were only told again. */
function firstEvents({ events }: JournalRecord): Map<number, number> {
  const first = new Map<number, number>();
  for (let at = 0; at < events.length; at += EVENT_WORDS) {
    const command = joinWords(events[at + EVENT_COMMAND_SEQUENCE] ?? 0, events[at + EVENT_COMMAND_SEQUENCE + 1] ?? 0);
    const isAgain = ((events[at + EVENT_KIND_WORD] ?? 0) & EVENT_DUPLICATE_BIT) !== 0;
    if (!isAgain && !first.has(command)) first.set(command, at);
  }
  return first;
}

function answerOf({ events }: JournalRecord, at: number): string {
  const kind: EventKind = (events[at + EVENT_KIND_WORD] ?? 0) & 0xff;
  return kind === EventKind.Rejected ? String(eventObject(events, at).reason) : 'done';
}

function idText(words: Int32Array, at: number): string {
  return `${words[at + 1]}:${words[at]}`;
}

function accountName({ directory }: Names, account: unknown): string {
  return directory.accounts[Number(account) - 1]?.name ?? `account ${account}`;
}

/** What a command asks for. */
function saidOf(command: PlainObject, names: Names): string {
  const { terms } = command;
  const fields = typeof terms === 'object' && terms !== null ? (terms as PlainObject) : {};
  const symbol = names.symbols.get(Number(command.instrument)) ?? `instrument ${command.instrument}`;
  const whose = command.account === 0 ? 'the venue' : accountName(names, command.account);
  const asset = names.directory.assets[Number(command.asset) - 1]?.name ?? `asset ${command.asset}`;
  switch (command.kind) {
    case 'SetPhase':
      return `phase ${command.phase} of ${symbol}`;
    case 'Uncross':
      return `uncross ${symbol}`;
    case 'EndOfDay':
      return `end of day of ${symbol}`;
    case 'ReferencePrice':
      return `reference price ${command.price ?? 'none'} of ${symbol}`;
    case 'AddInstrument':
      return `add instrument ${fields.symbol}`;
    case 'AddAccount':
      return `add account ${fields.name}`;
    case 'AddKey':
      return `add a key of ${whose} with ${String(fields.rights)}`;
    case 'RevokeKey':
      return `revoke key ${command.targetId}`;
    case 'SetFees':
      return `fees of ${symbol}, ${termsText(fields)}`;
    case 'SetLimits':
      return `limits of ${whose}, ${termsText(fields)}`;
    case 'AddAsset':
      return `add asset ${fields.name}`;
    case 'Deposit':
      return `deposit ${command.amount} ${asset} to ${whose}`;
    case 'Withdraw':
      return `withdraw ${command.amount} ${asset} from ${whose}`;
    case 'Bust':
      return `make trade ${command.trade} of ${symbol} void`;
    case 'Correction':
      return `give trade ${command.trade} of ${symbol} the price ${command.price}`;
    case 'Kill': {
      const all = command.instrument === 0 && command.account === 0;
      const of = all ? 'everything' : command.instrument === 0 ? whose : symbol;
      return `${command.killed === 1 ? 'take out of trading' : 'let into trading'}: ${of}`;
    }
    default:
      return String(command.kind);
  }
}

function termsText(fields: PlainObject): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
