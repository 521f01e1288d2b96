/**
 * Carries a plan out: clients, links, clock, disk and machine of one shard, in one thread, all from one seed. The model judges
 * every command that was acknowledged or came back; whoever follows the stream must see each event once, in sequence, as it
 * happened; what a disk damaged is refused by name or does no harm; and what it did not damage starts again. Any thread.
 */

import { crc32 } from 'node:zlib';
import { verifyShard } from '../../engine/audit/verify.js';
import { JournalError } from '../../engine/journal/journal-error.js';
import { JournalReader } from '../../engine/journal/reader.js';
import { segmentPath } from '../../engine/journal/segments.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import { EventKind } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import { readEvent, readId, writeId } from '../model/plain-records.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import type { RandomCommand, Scenario } from '../model-vs-engine/scenario.js';
import { seededRandom } from '../seeded-random.js';
import { type DiskFaults, SimulatedDisk } from '../simulated-disk.js';
import { JOURNAL, SimulatedNode } from './node.js';
import type { Action, Plan } from './plan.js';
import type { PlantedBug } from './planted-bugs.js';
import { type AppliedCommand, Truth, Violation } from './truth.js';

const RING = {
  commandRingSlots: 128,
  reservedCancelSlots: 8,
  roundCommands: 48,
  roundEvents: 128,
  outputRingSlots: 256,
};
const SEGMENT_BYTES = 96 * 1024;
const PAGE_BYTES = 4096;
/** Starts in a row that may fail, each for a fault of its own. */
const MOST_STARTS = 8;
/** Commands that may come again. */
const REPEATABLE = 24;
const STATE_EVERY = 40;

/** What was done to it, and how often. */
export type Tally = Record<string, number>;

export interface SimulationResult {
  readonly tally: Tally;
  /** CRC-32 of all that happened: the same for the same plan. */
  readonly trace: number;
  readonly commands: number;
  readonly events: number;
}

/** Throws a Violation. `bug`: planted for as long as it runs. */
export function simulate(plan: Plan, bug: PlantedBug | null = null): SimulationResult {
  const takeOut = bug?.plant?.();
  try {
    return new Simulation(plan, bug?.disk ?? {}).run();
  } finally {
    takeOut?.();
  }
}

class Simulation {
  readonly #plan: Plan;
  readonly #scenario: Scenario;
  readonly #limits: Limits;
  readonly #disk: SimulatedDisk;
  readonly #truth: Truth;
  readonly #tally: Tally = {};
  /** The engine's order id of the New with this index. */
  readonly #entered = new Map<string, bigint>();
  readonly #sent: Int32Array[] = [];
  #node: SimulatedNode | null = null;
  #lives = 0;
  #nextCommand = 0;
  #nowUs = 1_000_000;
  /** The last event that the follower has seen. */
  #seen = 0;
  /** Whether a crash that was asked for ends the machine, or the process alone. */
  #crashIsPower = false;
  #epoch = 0;
  #rounds = 0;
  #trace = 0;

  constructor(plan: Plan, faults: Partial<DiskFaults>) {
    this.#plan = plan;
    this.#scenario = randomScenario(plan.seed, plan.commands);
    this.#limits = limitsFrom({ ...this.#scenario.limits, ...RING, segmentBytes: SEGMENT_BYTES });
    this.#disk = new SimulatedDisk(seededRandom(plan.seed ^ 0x5eed));
    Object.assign(this.#disk.faults, faults);
    this.#truth = new Truth(this.#scenario);
  }

  run(): SimulationResult {
    this.#start();
    for (const action of this.#plan.actions) {
      this.#note(action.kind);
      this.#act(action);
    }
    this.#disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    this.#die(true);
    this.#follow(true);
    this.#verify();
    const { commandSequence: commands, eventSequence: events } = this.#truth;
    return { tally: this.#tally, trace: this.#trace, commands, events };
  }

  #act(action: Action): void {
    const { faults } = this.#disk;
    switch (action.kind) {
      case 'send':
        this.#send(action.lost);
        return;
      case 'resend':
        this.#resend(action.which);
        return;
      case 'round':
        this.#round(action.clockUs);
        return;
      case 'read':
        this.#follow(false);
        return;
      case 'resume':
        this.#follow(true);
        return;
      case 'audit':
        this.#working((node) => node.audit(action.groups));
        return;
      case 'snapshot':
        this.#working((node) => {
          if (node.snapshot()) this.#note('snapshots written');
        });
        return;
      case 'auditor':
        this.#working((node) => node.beginAuditor());
        return;
      case 'kill':
        this.#die(action.power);
        return;
      case 'crash':
        faults.crashAtCall = this.#disk.calls + action.calls;
        this.#crashIsPower = action.power;
        return;
      case 'write-error':
        faults.failWriteAtCall = this.#disk.writes + action.writes;
        return;
      case 'full':
        faults.capacityBytes = this.#disk.bytes;
        return;
      case 'room':
        faults.capacityBytes = Number.POSITIVE_INFINITY;
        return;
      case 'short-writes':
        faults.shortWrites = action.on;
        return;
      case 'rot':
        this.#rot(action);
        return;
      case 'misread':
        faults.misreadAtCall = this.#disk.reads + action.reads;
        faults.misreadPlace = action.place;
        return;
    }
  }

  // ---- clients and links

  #send(lost: boolean): void {
    const command = this.#scenario.commands[this.#nextCommand];
    if (command === undefined) return;
    this.#nextCommand += 1;
    const words = this.#asSent(command);
    if (lost) {
      this.#note('commands lost');
      return;
    }
    this.#sent.push(words);
    if (this.#node?.send(words) !== true) this.#note('commands refused by a full ring');
  }

  #resend(which: number): void {
    const last = this.#sent.slice(-REPEATABLE);
    const words = last[Math.floor(which * last.length)];
    if (words !== undefined) this.#node?.send(words);
  }

  /** With the order id that the engine gave, and without a time: the shard stamps it with the clock's. */
  #asSent(command: RandomCommand): Int32Array {
    const words = command.words.slice();
    this.#nowUs = Math.max(this.#nowUs, joinWords(words[COMMAND_TIME_US] ?? 0, words[COMMAND_TIME_US + 1] ?? 0));
    words[COMMAND_TIME_US] = 0;
    words[COMMAND_TIME_US + 1] = 0;
    if (command.targetOf >= 0) {
      const target = this.#scenario.commands.find(({ index }) => index === command.targetOf);
      const id = target === undefined ? undefined : this.#entered.get(keyOf(target.words));
      writeId(words, COMMAND_TARGET_ID, id ?? 0n);
    }
    return words;
  }

  // ---- the shard's life

  #round(clockUs: number): void {
    this.#nowUs += Math.max(0, clockUs);
    // A clock that goes back: the shard's own time must not.
    const nowUs = clockUs < 0 ? Math.max(0, this.#nowUs + clockUs) : this.#nowUs;
    if (clockUs < 0) this.#note('clock went back');
    this.#working((node) => {
      node.doRound(nowUs);
      for (const applied of node.takeApplied()) this.#happened(applied);
      this.#rounds += 1;
      if (this.#rounds % STATE_EVERY === 0) this.#truth.compare(node.engine);
    });
  }

  /** Does something with the shard that lives; an error of the disk, or the crash that was asked for, ends it. */
  #working(work: (node: SimulatedNode) => void): void {
    const node = this.#node;
    if (node === null) return;
    try {
      work(node);
    } catch (error) {
      if (error instanceof Violation || !this.#isFault(error)) throw error;
      this.#die(this.#disk.crashed && this.#crashIsPower);
    }
  }

  /** Whether an error is what an injected fault brings about. */
  #isFault(error: unknown): boolean {
    if (this.#disk.crashed) {
      this.#note('crashes inside a call');
      return true;
    }
    if (!(error instanceof JournalError)) return false;
    const { code } = error;
    if (this.#disk.misread) {
      this.#note('wrong reads found');
      return true;
    }
    const full = this.#disk.faults.capacityBytes !== Number.POSITIVE_INFINITY;
    if (code === 'JOURNAL_WRITE' && (full || error.message.includes('EIO'))) {
      this.#note(full ? 'writes refused by a full disk' : 'write errors');
      return true;
    }
    return false;
  }

  #happened(applied: AppliedCommand): void {
    this.#truth.add(applied);
    const { events, words } = applied;
    this.#trace = crc32(new Uint8Array(events.buffer, events.byteOffset, events.byteLength), this.#trace);
    for (let at = 0; at < events.length; at += EVENT_WORDS) {
      const { kind, orderId } = readEvent(events, at);
      if (kind === EventKind.Accepted) this.#entered.set(keyOf(words), orderId);
    }
  }

  /** The life ends; whoever followed keeps what was shown, and the next life must agree with it. */
  #die(power: boolean): void {
    const node = this.#node;
    this.#node = null;
    const pending = node?.takeApplied() ?? [];
    const shown = node?.readRing(this.#seen) ?? null;
    if (power) this.#disk.powerFails();
    else this.#disk.processDies();
    this.#note(power ? 'machines died' : 'processes died');
    const next = this.#start();
    this.#settle(next, pending);
    if (shown !== null) {
      this.#truth.checkSeen(this.#seen + 1, shown, shown.length / EVENT_WORDS);
      this.#seen += shown.length / EVENT_WORDS;
    }
  }

  /** What was not acknowledged has happened as far as it came back, whole groups of it; the rest never did. */
  #settle(node: SimulatedNode, pending: readonly AppliedCommand[]): void {
    const { commandSequence } = node.engine;
    if (commandSequence < this.#truth.commandSequence) {
      throw new Violation(
        `commands up to ${this.#truth.commandSequence} were acknowledged, the next life has ${commandSequence}`,
      );
    }
    for (const applied of pending) if (applied.lastSequence <= commandSequence) this.#happened(applied);
    if (commandSequence !== this.#truth.commandSequence) {
      throw new Violation(
        `the next life has command ${commandSequence}, ${this.#truth.commandSequence} were ever applied`,
      );
    }
    if (pending.length > 0)
      this.#note(pending.at(-1)?.lastSequence === commandSequence ? 'groups that came back' : 'groups lost');
    this.#truth.compare(node.engine);
    const { epochs } = node;
    const last = epochs.at(-1);
    const ascending = epochs.every(({ epoch }, index) => index === 0 || epoch > (epochs[index - 1]?.epoch ?? 0));
    if (last === undefined || !ascending || last.epoch <= this.#epoch) {
      throw new Violation(`epochs ${epochs.map(({ epoch }) => epoch).join(' ')} behind epoch ${this.#epoch}`);
    }
    // A resume is told that everything of an older epoch from there on is taken back.
    if (last.firstSequence !== this.#truth.eventSequence + 1) {
      throw new Violation(
        `epoch ${last.epoch} begins with event ${last.firstSequence}, not behind ${this.#truth.eventSequence}`,
      );
    }
    this.#epoch = last.epoch;
  }

  /** Starts until it serves. What no fault explains must not stop a start. */
  #start(): SimulatedNode {
    for (let tries = 0; tries < MOST_STARTS; tries += 1) {
      this.#lives += 1;
      try {
        const node = new SimulatedNode(this.#disk, this.#scenario, this.#limits, this.#lives);
        if (node.bad.length > 0)
          throw new Violation(`nothing damaged the snapshot ${node.bad[0]?.path}: ${node.bad[0]?.why}`);
        this.#node = node;
        return node;
      } catch (error) {
        if (error instanceof Violation && this.#disk.misread) this.#note('wrong reads found');
        else if (error instanceof Violation || !this.#isFault(error)) throw error;
        const power = this.#disk.crashed && this.#crashIsPower;
        // Nobody goes on with a full disk: an operator makes room.
        this.#disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
        if (power) this.#disk.powerFails();
        else this.#disk.processDies();
      }
    }
    throw new Violation(`${MOST_STARTS} starts in a row failed`);
  }

  // ---- who follows

  #follow(resumes: boolean): void {
    this.#working((node) => {
      const words = (resumes ? null : node.readRing(this.#seen)) ?? node.readJournal(this.#seen);
      if (resumes) this.#note('resumes');
      this.#truth.checkSeen(this.#seen + 1, words, words.length / EVENT_WORDS);
      this.#seen += words.length / EVENT_WORDS;
      if (resumes && this.#seen !== this.#truth.eventSequence) {
        throw new Violation(`a resume ended at event ${this.#seen} of ${this.#truth.eventSequence}`);
      }
    });
  }

  // ---- damage at rest

  /** A bit turns while the machine is off. It must be refused by name, or do no harm; a backup then mends it. */
  #rot({ file, place, bit }: Extract<Action, { kind: 'rot' }>): void {
    this.#die(true);
    const paths = this.#disk.paths.filter((path) => /\.(seg|snap)$/.test(path));
    const path = paths[Math.floor(file * paths.length)];
    if (path === undefined) return;
    const end = path.endsWith('.snap') ? Number.POSITIVE_INFINITY : this.#lastRecordAt(path);
    const turn = (): void =>
      this.#disk.spoil(path, (bytes) => {
        const at = Math.floor(place * Math.min(bytes.length, end));
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      });
    this.#node = null;
    this.#disk.powerFails();
    turn();
    let refused = '';
    try {
      const node = new SimulatedNode(this.#disk, this.#scenario, this.#limits, this.#lives + 1);
      this.#lives += 1;
      if (node.bad.length > 0) this.#note('bad snapshots passed over');
      this.#node = node;
      this.#settle(node, []);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      refused = error.code;
    }
    this.#note(refused === '' ? 'turned bits that did no harm' : 'turned bits refused');
    this.#node = null;
    this.#disk.powerFails();
    turn();
    this.#settle(this.#start(), []);
  }

  /** Where the last record begins, or the segment's end: what is behind it is not told from a torn write. */
  #lastRecordAt(path: string): number {
    const reader = new JournalReader(this.#disk, JOURNAL, this.#scenario);
    let last = PAGE_BYTES;
    reader.seekStart();
    let record = reader.next(Number.POSITIVE_INFINITY);
    for (; record !== null; record = reader.next(Number.POSITIVE_INFINITY)) {
      if (segmentPath(JOURNAL, record.segment) === path) last = record.offset;
    }
    reader.close();
    return last;
  }

  /** All that is on the disk at the end is right, too. */
  #verify(): void {
    const { problems, commands } = verifyShard({
      disk: this.#disk,
      journal: JOURNAL,
      identity: this.#scenario,
      limits: this.#limits,
    });
    if (problems.length > 0) throw new Violation(problems.join(' '));
    if (commands !== this.#truth.commandSequence)
      throw new Violation(`${commands} commands are on the disk, ${this.#truth.commandSequence} happened`);
  }

  #note(what: string): void {
    this.#tally[what] = (this.#tally[what] ?? 0) + 1;
    this.#trace = crc32(what, this.#trace);
  }
}

/** Who sent a command, and under which id. */
function keyOf(words: Int32Array): string {
  return `${words[COMMAND_ACCOUNT] ?? 0}:${readId(words, COMMAND_CLIENT_ORDER_ID)}`;
}
