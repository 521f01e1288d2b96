/**
 * What a random sequence never comes to, no proof over random sequences proves: each of them comes to every kind of command,
 * event and order that there is; the one of model and engine to every reason of an engine, the others to nearly all.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  CommandFlag,
  CommandKind,
  EventKind,
  OrderType,
  Reason,
  SelfTrade,
  TimeInForce,
  Trigger,
} from '../../schemas/codes.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { extremeScenario } from '../extremes/extreme-commands.js';
import { readCommand, readEvent } from '../model/plain-records.js';
import { repositoryFolder } from '../recordings/data-folder.js';
import { randomScenario } from './random-commands.js';
import type { Scenario } from './scenario.js';
import { ScenarioPlayer } from './scenario-player.js';

t.setTimeout(120_000);

/** Codes that nobody gives: schemas/records.fbs says why. */
const RESERVED = [Reason.NotionalTooLarge, Reason.Rate];
/** Codes that no engine gives: a gateway's, and the reserved ones. */
const OF_NO_ENGINE = [Reason.BadFrame, Reason.FrameTooLong, Reason.CancelOnly, ...RESERVED];
/** Where codes are given. */
const GIVERS = ['engine', 'gateway', 'platform', 'client'];
/** It takes 65,536 busts: engine/administration/bust.test.ts; 1,024 moves: engine/ledger/transit.test.ts. */
const TOO_FAR = [Reason.BustsFull, Reason.TransitFull];
/** The public's records: an engine makes none. */
const FIRST_PUBLIC_KIND = EventKind.Trade;

type Codes = Readonly<Record<string, string | number>>;

/** How often each thing came, by a name like `Reason.Rate`. */
class Reach {
  private readonly counts = new Map<string, number>();

  constructor(scenarios: Iterable<Scenario>) {
    for (const scenario of scenarios) this.play(scenario);
  }

  /** Of the codes those that never came. */
  missing(group: string, codes: Codes, but: readonly number[] = []): string[] {
    return Object.entries(codes)
      .filter(([, code]) => typeof code === 'number' && !but.includes(code) && !this.counts.has(`${group}.${code}`))
      .map(([name]) => `${group}.${name}`);
  }

  private play(scenario: Scenario): void {
    const player = new ScenarioPlayer(scenario);
    for (const command of scenario.commands) {
      const said = readCommand(command.words, 0);
      this.note('CommandKind', said.kind);
      player.play(command, (count) => {
        for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
          const { kind, reason } = readEvent(player.events, at);
          this.note('EventKind', kind);
          this.note('Reason', reason);
          if (said.kind === CommandKind.Uncross) this.note(`Uncross.${kind}`, reason);
          if (kind !== EventKind.Rejected) this.note('Done', said.kind);
          // An order counts when it got in.
          if (kind !== EventKind.Accepted || said.kind !== CommandKind.New) continue;
          this.note('OrderType', said.type);
          this.note('TimeInForce', said.timeInForce);
          this.note('SelfTrade', said.selfTrade);
          this.note('Trigger', said.trigger);
          for (let flag = 1; flag <= said.flags; flag *= 2) if ((said.flags & flag) !== 0) this.note('OrderFlag', flag);
        }
      });
    }
  }

  private note(group: string, code: number): void {
    const name = `${group}.${code}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

function* made(count: number, make: (seed: number) => Scenario): Iterable<Scenario> {
  for (let seed = 1; seed <= count; seed++) yield make(seed);
}

const PUBLIC = Object.values(EventKind).flatMap((kind) => (Number(kind) >= FIRST_PUBLIC_KIND ? [Number(kind)] : []));
/** Some reasons come once in hundreds of sequences: a proof over fewer may lack so many of all that there are. */
const FEW = 10;

const PROOFS: readonly {
  readonly of: string;
  readonly scenarios: Iterable<Scenario>;
  readonly mayLack: number;
}[] = [
  { of: 'model and engine', scenarios: made(1000, (seed) => randomScenario(seed)), mayLack: 0 },
  { of: 'what is public', scenarios: made(120, (seed) => randomScenario(seed, 400)), mayLack: FEW },
  { of: 'state that is put back', scenarios: made(60, (seed) => randomScenario(seed, 200)), mayLack: FEW },
  { of: 'other threads and processes', scenarios: made(60, (seed) => randomScenario(seed + 10)), mayLack: FEW },
  { of: 'extremes', scenarios: made(1200, (seed) => extremeScenario(seed, 120)), mayLack: FEW },
];

for (const { of, scenarios, mayLack } of PROOFS) {
  t.test(`the sequences of the proof of ${of} come to every kind there is`, async (t) => {
    const reach = new Reach(scenarios);
    // A Part without a head is a mishap, and a kind of 0 no command at all.
    t.same(reach.missing('CommandKind', CommandKind, [CommandKind.None, CommandKind.Part]), []);
    t.same(reach.missing('Done', CommandKind, [CommandKind.None, CommandKind.Part]), [], 'done, not refused');
    t.same(reach.missing('EventKind', EventKind, [EventKind.None, ...PUBLIC]), []);
    t.same(reach.missing('OrderType', OrderType), []);
    t.same(reach.missing('TimeInForce', TimeInForce), []);
    t.same(reach.missing('SelfTrade', SelfTrade), []);
    t.same(reach.missing('Trigger', Trigger), []);
    const { PostOnly, Slide, RefuseIfThrough } = CommandFlag;
    t.same(reach.missing('OrderFlag', { PostOnly, Slide, RefuseIfThrough }), []);
    const reasons = reach.missing('Reason', Reason, [...OF_NO_ENGINE, ...TOO_FAR]);
    if (mayLack === 0) {
      t.same(reasons, []);
      // Own orders meet before an uncross.
      t.same(reach.missing(`Uncross.${EventKind.Cancelled}`, { SelfTrade: Reason.SelfTrade }), []);
      t.same(reach.missing(`Uncross.${EventKind.Prevented}`, { None: Reason.None }), []);
    }
    t.ok(reasons.length <= mayLack, `lacks ${reasons.join(', ') || 'none'}`);
  });
}

t.test('a kind that never comes is named', async (t) => {
  const reach = new Reach(made(1, (seed) => randomScenario(seed, 20)));
  t.ok(reach.missing('CommandKind', CommandKind).includes('CommandKind.Bust'));
  t.same(reach.missing('Reason', { Never: 4711, None: 0 }), ['Reason.Never']);
});

t.test('reserved reasons are named by the schema and the rules, and by nothing that gives codes', async (t) => {
  const root = repositoryFolder();
  const schema = readFileSync(join(root, 'schemas', 'records.fbs'), 'utf8');
  const rules = readFileSync(join(root, 'docs', 'rules.md'), 'utf8');
  const sources = GIVERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /(?<!\.test)\.tsx?$/.test(file))
      .map((file) => join(folder, file)),
  );
  t.ok(sources.length > 200, `${sources.length} files`);
  const giversOf = (reason: Reason): string[] => {
    const named = new RegExp(`\\bReason\\.${Reason[reason]}\\b|'${Reason[reason]}'`);
    return sources.filter((file) => named.test(readFileSync(join(root, file), 'utf8')));
  };
  for (const reason of RESERVED) {
    t.match(schema, new RegExp(`^// .*\\b${reason} ${Reason[reason]}\\b`, 'm'));
    t.match(rules, new RegExp(`\`${Reason[reason]}\` \\(${reason};`));
    t.same(giversOf(reason), [], Reason[reason]);
  }
  t.ok(giversOf(Reason.OrderRate).length > 0, 'a code that is given is found');
});
