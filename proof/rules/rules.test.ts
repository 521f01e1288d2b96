/**
 * Every case of every rule table, on the engine and on the model, under the rule's number. And the checker itself: what a
 * table expects wrongly turns it red, line by line.
 */

import t from 'tap';
import { casesOf, onEngine, onModel, playCase, type RuleCase, ruleCases } from './rule-cases.js';

t.setTimeout(120_000);

const CASES = ruleCases();

for (const one of CASES) {
  t.test(one.title, async (t) => {
    const byEngine = playCase(one, onEngine);
    t.same(byEngine.failures, [], 'on the engine');
    const byModel = playCase(one, onModel);
    t.same(byModel.failures, [], 'on the model');
    t.same(byEngine.events, byModel.events, 'the same events');
  });
}

function failuresOf(text: string): readonly string[] {
  const [one] = casesOf('table', text);
  return one === undefined ? ['no case'] : playCase(one, onEngine).failures;
}

/** The case with one of its lines as `change` makes it. */
function changed(one: RuleCase, at: number, change: (line: string) => string[]): RuleCase {
  return { ...one, lines: one.lines.flatMap((line, index) => (index === at ? change(line) : [line])) };
}

t.test('there are tables, and every line of them that expects something counts', async (t) => {
  t.ok(CASES.length > 100, `${CASES.length} cases`);
  let lines = 0;
  for (const one of CASES) {
    for (const [at, line] of one.lines.entries()) {
      if (!/^[>=] /.test(line)) continue;
      lines++;
      const other = line.startsWith('=')
        ? line.replace(/(\d+|empty|none|[A-Z]\w+)(?=[^\d]*$)/, (word) =>
            /\d/.test(word) ? `${Number(word) + 1}` : '7 @ 7',
          )
        : line === '> nothing'
          ? '> Started'
          : line.replace(/^> \w+/, (kind) => (kind === '> SessionOpened' ? '> SessionClosed' : '> SessionOpened'));
      if (
        playCase(
          changed(one, at, () => [other.replace(/(> Session\w+).*/, '$1')]),
          onEngine,
        ).failures.length === 0
      ) {
        t.fail(`${one.file}:${one.line + at}: ${line} holds as ${other}, too`);
      }
    }
  }
  t.ok(lines > 500, `${lines} lines`);
});

t.test('a wrong expectation is found, whatever is wrong with it', async (t) => {
  const right = [
    'rule 2.4: planted',
    'bob new #1 sell 3 @ 99',
    'alice new #1 buy 5 @ 100',
    '> Accepted alice #1 5 @ 100',
    '> Fill bob #1 3 @ 99 leaves=0 Maker',
    '> Fill alice #1 3 @ 99 leaves=2 Taker',
    '> Booked alice #1 @ 100 leaves=2 instrument=TEST orderId=#1',
    '= book buy 2 @ 100 x1',
    '= book sell empty',
    '= phase TEST Continuous',
  ];
  t.same(failuresOf(right.join('\n')), []);
  const wrong: readonly (readonly [what: string, from: string, to: string])[] = [
    ['quantity', 'bob #1 3 @ 99', 'bob #1 4 @ 99'],
    ['price', 'bob #1 3 @ 99', 'bob #1 3 @ 98'],
    ['account', 'Fill bob', 'Fill alice'],
    ['account that is not there', 'Fill bob', 'Fill nobody'],
    ['client order id', 'bob #1 3 @ 99', 'bob #2 3 @ 99'],
    ['lane', 'Fill bob', 'Fill bob/2'],
    ['liquidity', 'Maker', 'Taker'],
    ['field', 'leaves=2 Taker', 'leaves=3 Taker'],
    ['bit', 'leaves=2 Taker', 'leaves=2 Taker endOfCommand'],
    ['instrument', 'instrument=TEST', 'instrument=2'],
    ['order', 'orderId=#1', 'orderId=bob#1'],
    ['kind', '> Booked', '> Accepted'],
    ['order of events', '> Fill bob #1 3 @ 99 leaves=0 Maker\n> Fill alice', '> Fill alice #1\n> Fill bob'],
    ['event that is missing', '> Booked alice #1 @ 100 leaves=2 instrument=TEST orderId=#1\n', ''],
    ['event too many', '= book buy', '> Booked alice\n= book buy'],
    ['nothing', '> Accepted alice #1 5 @ 100', '> nothing'],
    ['total in the book', '2 @ 100 x1', '3 @ 100 x1'],
    ['number of orders in the book', '2 @ 100 x1', '2 @ 100 x2'],
    ['level of the book', '2 @ 100 x1', '2 @ 100, 1 @ 99'],
    ['empty side', 'sell empty', 'sell 1 @ 1'],
    ['side that is not empty', 'book buy 2 @ 100 x1', 'book buy empty'],
    ['phase', 'TEST Continuous', 'TEST Halted'],
  ];
  for (const [what, from, to] of wrong) {
    const text = right.join('\n');
    t.ok(text.includes(from), from);
    t.not(failuresOf(text.replace(from, to)).length, 0, `wrong ${what}`);
  }
});

t.test('a failure names file and line, what was expected and what came', async (t) => {
  t.same(failuresOf('\nrule 2.2: planted\nalice new #1 buy 5 @ 100\n> Accepted alice #1 6\n> Booked alice'), [
    'table:4: expected Accepted alice #1 6, came Accepted alice #1 buy 5 @ 100 instrument=TEST leaves=5',
  ]);
});

t.test('a command that only prepares may not be refused, and a case must expect something', async (t) => {
  t.same(failuresOf('rule 2.2: planted\nalice new buy 0 @ 1\n= book empty'), [
    'table:2: expected no Rejected, came Rejected alice #1 QuantityOutOfRange instrument=TEST amount=1',
  ]);
  t.same(failuresOf('rule 2.2: planted\nalice new buy 1 @ 1'), [
    'table:1: expected an expectation, came none in this case',
  ]);
});

t.test('in an empty venue nothing is made without a line, and a record may stand as it is', async (t) => {
  const opened = [
    'rule 9.7: planted',
    'venue empty shard=1 shards=2',
    'account alice raw.quantity=1',
    '> AccountAdded nobody leaves=1',
    'instrument ACME shard=1 priceMin=1 priceMax=9 quantityMax=9 unit=1 priceDecimals=0 quantityDecimals=0 raw.quantity=2',
    '> InstrumentAdded nobody 1 instrument=ACME',
    '= phase ACME Closed',
    'alice open raw.session=9',
    '> SessionOpened alice session=9',
    `record words=0x${'00'.repeat(56)}30${'00'.repeat(7)}`,
    '> nothing',
  ];
  t.same(failuresOf(opened.join('\n')), []);
  t.same(failuresOf([...opened, 'bob new buy 1 @ 1 ACME'].join('\n')), [
    'table:12: No line before has added an account bob.',
  ]);
  t.same(failuresOf([...opened.slice(0, 2), '1 new #1 buy 1 @ 1', '> Accepted'].join('\n')), [
    'table:4: expected Accepted, came Rejected nobody #1 StaleIncarnation instrument=1',
  ]);
});

t.test('a line that is not understood is a failure of its case', async (t) => {
  const lines: readonly (readonly [line: string, says: RegExp])[] = [
    ['alice', /A command is an account and what it does/],
    ['alice nwe buy 5 @ 100', /The kind "nwe" is unknown: did you mean new/],
    ['alice new buy 5 @ 100 prize=3', /has no field prize: did you mean price/],
    ['alice new buy sell 5 @ 100', /says side twice/],
    ['alice new buy 5 @ 100 TEST again', /has no word again/],
    ['alice new buy 5 @ 100 NOPE', /No line before has added an instrument NOPE/],
    ['alice/x new buy 5 @ 100', /A lane is a number/],
    ['alice new buy 5 @ 100 raw.sidee=1', /A command has no field sidee: did you mean side/],
    ['alice new buy 5 @ 100 raw.side=buy', /raw.side must be a number/],
    ['alice cancel orderOf=#9', /No order was entered as #9/],
    ['alice cancel orderOf=9', /orderOf must be like #1/],
    ['> Acepted alice', /There is no event Acepted/],
    ['> Rejected alice leaves=1', /has no field leaves/],
    ['> Accepted alice bob', /says account twice/],
    ['= bok empty', /There is no state bok: did you mean book/],
    ['= book TEST up 5 @ 1', /A book is like this/],
    ['= book buy 5', /A level is like 5 @ 100/],
    ['limits maxOrders=4', /Limits stand right behind their rule/],
    ['venue empty shard=0 shards=1', /A venue stands right behind its rule/],
    ['venue full shard=0 shards=1', /A venue in which nothing is made without a word is like this/],
    ['venue empty shard=1 shards=1', /A venue in which nothing is made without a word is like this/],
    ['record words=0x1f', /words must be hexadecimal bytes/],
    ['alice cancel #1 raw.targetId=1x', /raw.targetId must be a number/],
  ];
  for (const [line, says] of lines) {
    t.match(failuresOf(`rule 2.2: planted\nalice new #1 buy 5 @ 100\n${line}`).join('\n'), says, line);
  }
  for (const [limits, says] of [
    ['limits maxOrder=4', /no limit named maxOrder/],
    ['limits maxOrders=many', /A limit is name=number/],
    ['limits maxOrders=1', /maxLevels .* above maxOrders/],
  ] as const) {
    t.match(failuresOf(`rule 2.2: planted\n${limits}\n= book empty`).join('\n'), says, limits);
  }
});
