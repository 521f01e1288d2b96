/**
 * `tredye match`: a case whose events stand in a committed file, the model in the engine's place on random lines, wrong
 * lines, long ones, and many. Real processes but for the model.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { repositoryFolder } from '../../../proof/recordings/data-folder.js';
import { ModelEngine } from '../../../proof/rules/model-engine.js';
import { seededRandom } from '../../../proof/seeded-random.js';
import { EXIT_BAD_LINES, EXIT_CLEAN, EXIT_RULE_BROKEN } from '../../exit-codes.js';
import { jsonLines, tredye } from '../cli-process.js';
import type { PlainObject } from '../journal/record-objects.js';
import { Line } from './match-line.js';
import { MATCH_LIMITS, MatchVenue } from './match-venue.js';

const CASES = join(repositoryFolder(), 'platform', 'cli', 'match', 'cases');

/** Order ids are the engine's own business: the first that is met is 1, and so on. */
function namedOrders(events: readonly PlainObject[]): PlainObject[] {
  const names = new Map<unknown, string>([['0', '0']]);
  return events.map((event) => {
    if (event.orderId === undefined) return event;
    const name = names.get(event.orderId) ?? String(names.size);
    names.set(event.orderId, name);
    return { ...event, orderId: name };
  });
}

function played(venue: MatchVenue, lines: readonly string[]): PlainObject[] {
  const events: PlainObject[] = [];
  for (const line of lines) venue.take(Line.ofJson(line), (event) => events.push({ ...event }));
  return namedOrders(events);
}

t.test('a market of two traders gives the events that stand in the committed file', async (t) => {
  const run = await tredye(['match'], { input: readFileSync(join(CASES, 'market.jsonl')) });
  const expected = jsonLines(readFileSync(join(CASES, 'market.expected.jsonl'), 'utf8'));
  const came = namedOrders(jsonLines(run.out));
  t.ok(expected.length > 40, 'the case says something');
  for (const [index, event] of expected.entries())
    t.same(came[index], event, `line ${event.line}: ${event.kind ?? event.error}`);
  t.equal(came.length, expected.length);
  t.equal(run.code, EXIT_BAD_LINES, 'two lines were wrong');
  t.equal(run.err, '');
});

t.test('the help names every field that a line may have and every one that an event has', async (t) => {
  const { out } = await tredye(['match', '--help']);
  const common = ['line', 'sequence', 'commandSequence', 'timeUs', 'kind'];
  for (const event of jsonLines(readFileSync(join(CASES, 'market.expected.jsonl'), 'utf8'))) {
    if (event.error !== undefined) continue;
    const named = new RegExp(`^ {2}${event.kind}: (.*)$`, 'm').exec(out)?.[1]?.split(', ') ?? [];
    const missing = Object.keys(event).filter((field) => !common.includes(field) && !named.includes(field));
    t.same(missing, [], `line ${event.line}: ${event.kind}`);
  }
  const given = readFileSync(join(CASES, 'market.jsonl'), 'utf8').matchAll(/"(\w+)":/g);
  for (const field of new Set([...given].map((match) => match[1]))) {
    if (field !== 'quantitty') t.match(out, new RegExp(`^ +${field} {2,}`, 'm'), field);
  }
});

t.test('random lines give the events that the model gives', async (t) => {
  const random = seededRandom(20);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const lines = ['{"kind":"instrument","symbol":"A"}', '{"kind":"instrument","symbol":"B","phase":"Auction"}'];
  for (let at = 0; at < 3000; at++) {
    const common = { account: pick([1, 2, 3]), lane: pick([1, 2]), instrument: pick(['A', 'B', 'A']) };
    const terms = { price: 98 + Math.floor(random() * 5), quantity: Math.floor(random() * 12) };
    const target = Math.max(1, Math.floor(at / 6 - random() * 12));
    lines.push(
      JSON.stringify(
        pick<PlainObject>([
          { kind: 'new', ...common, ...terms, side: 'Buy' },
          { kind: 'new', ...common, ...terms, side: 'Sell' },
          { kind: 'new', ...common, side: 'Sell', quantity: 3 },
          {
            kind: 'new',
            ...common,
            ...terms,
            side: 'Buy',
            timeInForce: pick(['Day', 'FillOrKill', 'ImmediateOrCancel']),
          },
          { kind: 'new', ...common, ...terms, side: 'Sell', postOnly: true },
          { kind: 'cancel', ...common, target },
          { kind: 'replace', ...common, ...terms, target },
          { kind: 'cancelReplace', ...common, ...terms, target },
          random() < 0.1 ? { kind: 'uncross', instrument: 'B' } : { kind: 'cancel', ...common, target },
          random() < 0.05
            ? { kind: pick(['massCancel', 'endOfDay']), ...common }
            : { kind: 'cancel', ...common, target },
        ]),
      ),
    );
  }
  const byModel = played(new MatchVenue(MATCH_LIMITS, new ModelEngine(MATCH_LIMITS)), lines);
  const byEngine = played(new MatchVenue(), lines);
  t.equal(byEngine.length, byModel.length);
  const differs = byModel.findIndex((event, index) => JSON.stringify(event) !== JSON.stringify(byEngine[index]));
  t.equal(differs, -1, differs < 0 ? '' : JSON.stringify([byModel[differs], byEngine[differs]]));
  const kinds = new Set(byModel.map(({ kind }) => kind));
  for (const kind of ['Accepted', 'Rejected', 'Booked', 'Fill', 'Reduced', 'Replaced', 'Cancelled', 'Uncrossed']) {
    t.ok(kinds.has(kind), `${kind} was played`);
  }
});

t.test('lines as an editor of Windows leaves them are taken', async (t) => {
  const line = '{"kind":"new","side":"Buy","price":1,"quantity":1}';
  const plain = await tredye(['match'], { input: `${line}\n${line}\n` });
  t.match(plain.out, /"kind":"Booked"/);
  t.same(await tredye(['match'], { input: `\ufeff${line}\r\n${line}\r\n` }), plain);
});

t.test('a wrong line says what is wrong with it and the run goes on', async (t) => {
  const wrong: readonly [line: string, error: string][] = [
    ['nonsense', 'A command is an account and what it does, like nonsense new buy 5 @ 100.'],
    ['{nonsense', 'The line is no JSON: give one object a line.'],
    ['[1]', 'The line is no JSON object: give one like {"kind":"new","side":"Buy","price":100,"quantity":5}.'],
    [
      '{}',
      'The line has no kind: it is one of instrument, account, asset, fees, limits, deposit, withdraw, moveOut, moveIn, moveDone, accountStatus, kill, bust, correct, why, open, lost, new, cancel, orderStatus, replace, cancelReplace, massCancel, deadMan, phase, uncross, referencePrice, endOfDay, at, record, hold, continue.',
    ],
    ['{"kind":"cancle"}', 'The kind "cancle" is unknown: did you mean cancel?'],
    [
      '{"kind":"new","side":"Buy","price":1,"quantiy":1}',
      'A line of kind new has no field quantiy: did you mean quantity?',
    ],
    [
      '{"kind":"new","side":"Buy","price":1}',
      'quantity must be a whole number from 0 to 4294967295, and it is missing.',
    ],
    [
      '{"kind":"new","side":"Buy","price":1.5,"quantity":1}',
      'price must be a whole number from -2147483647 to 2147483647; it is 1.5.',
    ],
    [
      '{"kind":"new","side":"Buy","price":1e400,"quantity":1}',
      'price must be a whole number from -2147483647 to 2147483647; it is Infinity.',
    ],
    ['{"kind":"new","side":"up","price":1,"quantity":1}', 'side must be one of Buy, Sell; it is "up".'],
    [
      '{"kind":"new","side":"Buy","price":1,"quantity":1,"postOnly":"yes"}',
      'postOnly must be true or false; it is "yes".',
    ],
    [
      '{"kind":"new","instrument":"NOPE","side":"Buy","price":1,"quantity":1}',
      'No line before has added an instrument NOPE.',
    ],
    ['{"kind":"new","type":"Limit","side":"Buy","quantity":1}', 'A limit order needs a price.'],
    ['{"kind":"cancel"}', 'An order is named by order, its order id, or by target, its id: give one of them.'],
    ['{"kind":"cancel","order":"0x1"}', 'order must be an id, a decimal text below 2^64; it is "0x1".'],
    ['{"kind":"account"}', 'name must be a text, and it is missing.'],
    ['{"kind":"lost","account":9}', 'No line before has used lane 1 of account 9.'],
    [
      '{"kind":"new","lane":70000,"side":"Buy","price":1,"quantity":1}',
      'lane must be a whole number from 0 to 65535; it is 70000.',
    ],
    [`{"kind":"new","side":"${'x'.repeat(70_000)}"}`, 'The line has more than 65536 characters.'],
    [`{"kind":"account","name":"${'n'.repeat(3000)}"}`, 'Terms of 3028 bytes do not fit in 32 Parts.'],
  ];
  const good = '{"kind":"new","side":"Buy","price":1,"quantity":1}';
  const run = await tredye(['match'], { input: wrong.flatMap(([line]) => [line, good]).join('\n') });
  const came = jsonLines(run.out);
  for (const [index, [line, error]] of wrong.entries()) {
    t.same(
      came.filter((object) => object.line === index * 2 + 1),
      [{ line: index * 2 + 1, error }],
      line.slice(0, 80),
    );
  }
  t.equal(came.filter(({ kind }) => kind === 'Accepted').length, wrong.length, 'every other line was carried out');
  t.equal(run.code, EXIT_BAD_LINES);
});

t.test('a rule table is checked on the way, and what does not hold stands in its place', async (t) => {
  const table = [
    '# Text and JSON may be mixed.',
    'rule 2.2: a limit order rests',
    'instrument ACME priceMax=1000',
    '{"kind":"new","account":"alice","side":"Buy","price":100,"quantity":5}',
    '> Accepted alice #1 5 @ 100 # so far',
    '> Booked alice #1 @ 100 leaves=4',
    '= book ACME buy 5 @ 100',
    '= phase ACME Halted',
    'alice cancel #1',
    '',
    'rule 2.2: in a fresh venue',
    'bob new buy 1 @ 7 id=9',
    '= book TEST buy 1 @ 7 x1',
  ];
  const run = await tredye(['match'], { input: table.join('\n') });
  const came = jsonLines(run.out);
  t.same(
    came.filter(({ expected }) => expected !== undefined),
    [
      {
        line: 6,
        rule: '2.2',
        expected: 'Booked alice #1 @ 100 leaves=4',
        came: 'Booked alice #1 buy @ 100 instrument=ACME leaves=5 displayed=5 book',
      },
      { line: 8, rule: '2.2', expected: 'phase ACME Halted', came: 'phase ACME Continuous' },
    ],
  );
  t.same(
    came.filter(({ kind }) => kind !== undefined).map(({ line, kind }) => `${line} ${kind}`),
    ['3 InstrumentAdded', '4 Accepted', '4 Booked', '9 Cancelled', '12 Accepted', '12 Booked'],
    'events as always',
  );
  t.equal(run.err, '5 expectations in 2 cases of 1 rules: 2 failed, 0 lines not understood');
  t.equal(run.code, EXIT_RULE_BROKEN);
  const held = await tredye(['match'], { input: table.filter((_, at) => at !== 5 && at !== 7).join('\n') });
  t.equal(held.code, EXIT_RULE_BROKEN, 'an event that is not expected any more came');
  const whole = await tredye(['match'], {
    input: table
      .map((line) => line.replace('=4', '=5'))
      .join('\n')
      .replace('Halted', 'Continuous'),
  });
  t.same(
    [whole.code, whole.err],
    [EXIT_CLEAN, '5 expectations in 2 cases of 1 rules: 0 failed, 0 lines not understood'],
  );
  const bad = await tredye(['match'], { input: `${table.join('\n')}\nnonsense` });
  t.equal(bad.code, EXIT_BAD_LINES, 'a line that is not understood weighs more');
  t.match(bad.err, /2 failed, 1 lines not understood/);
});

t.test('the committed tables hold, all in one run', async (t) => {
  const folder = join(repositoryFolder(), 'proof', 'rules');
  const tables = readdirSync(folder).filter((name) => name.endsWith('.rules'));
  const run = await tredye(['match'], {
    input: tables.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n'),
  });
  t.equal(run.code, EXIT_CLEAN);
  t.match(run.err, /^\d+ expectations in \d+ cases of \d+ rules: 0 failed, 0 lines not understood$/);
});

t.test('an order is cancelled by the order id that its answer gave', async (t) => {
  const lines = [
    '{"kind":"new","side":"Buy","price":7,"quantity":1}',
    '{"kind":"cancel","order":"4294967296"}',
    '{"kind":"cancel","order":4294967296}',
  ];
  const run = await tredye(['match'], { input: lines.join('\r\n') });
  t.match(jsonLines(run.out), [
    { line: 1, kind: 'Accepted', orderId: '4294967296', price: 7, id: 1, lane: 1, account: 1 },
    { line: 1, kind: 'Booked' },
    { line: 2, kind: 'Cancelled', orderId: '4294967296', reason: 'ByClient' },
    { line: 3, kind: 'Rejected', reason: 'UnknownOrder' },
  ]);
  t.equal(run.code, EXIT_CLEAN);
  const none = await tredye(['match'], { input: '' });
  t.same([none.code, none.out, none.err], [EXIT_CLEAN, '', '']);
});

t.test('one leg of a pair at the end of the input is refused by the engine and is an error', async (t) => {
  const leg = '{"kind":"new","side":"Sell","price":7,"quantity":1,"oneCancelsOther":true}';
  const stop = leg.replace('"price":7', '"type":"Stop","triggerPrice":3');
  const half = await tredye(['match'], { input: leg });
  t.match(jsonLines(half.out), [
    { line: 1, kind: 'Rejected', reason: 'BadParts' },
    { line: 1, error: 'The line is one leg of a pair, and no line behind it brings the other.' },
  ]);
  t.equal(half.code, EXIT_BAD_LINES);
  const pair = await tredye(['match'], { input: `${leg}\n${stop}` });
  t.equal(pair.code, EXIT_CLEAN);
  t.same(
    jsonLines(pair.out).map(({ kind }) => kind),
    ['Accepted', 'Accepted', 'Booked'],
  );
  const third = await tredye(['match'], { input: `${leg}\n${stop}\n\n# the end\n${leg}\n` });
  t.same(jsonLines(third.out).at(-1)?.line, 5);
  t.equal(third.code, EXIT_BAD_LINES);
  const beforeCase = await tredye(['match'], {
    input: `${leg}\nrule 2.2: a case\nbob new buy 1 @ 7\n> Accepted\n> Booked\n`,
  });
  t.equal(beforeCase.code, EXIT_BAD_LINES, 'also where a case ends its venue');
});

t.test('a sweep of more orders than a command may have events goes on by itself', async (t) => {
  const orders = Array.from({ length: 6000 }, () => '{"kind":"new","side":"Sell","price":5,"quantity":1}');
  const run = await tredye(['match'], {
    input: [...orders, '{"kind":"new","account":2,"side":"Buy","price":5,"quantity":6000}'].join('\n'),
  });
  const last = jsonLines(run.out).filter(({ line }) => line === 6001);
  t.equal(last.filter(({ kind }) => kind === 'Fill').length, 12_000);
  t.match(last.at(-1), { kind: 'Fill', leaves: 0, cumulative: 6000, account: 2, endOfCommand: true });
});
