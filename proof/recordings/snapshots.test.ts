import { gzipSync } from 'node:zlib';
import t from 'tap';
import {
  type ExpectedSnapshots,
  readExpectedSnapshots,
  SNAPSHOT_DEPTH,
  SNAPSHOT_NUMBERS,
  SnapshotComparer,
} from './expected-snapshots.js';

function columns(side: string): string {
  return Array.from(
    { length: SNAPSHOT_DEPTH },
    (_, n) => `${side}${n + 1}_fen,${side}${n + 1}_qty,${side}${n + 1}_orders`,
  ).join(',');
}

const HEADER = `time,status,trade_count,trade_volume,last_fen,${columns('ask')},${columns('bid')}`;

function row(status: string, count: number, levels: Float64Array): string {
  const cells = Array.from(levels, (_, at) => (levels[at - (at % 3) + 2] === 0 ? '' : String(levels[at])));
  return `09:30:00.000,${status},${count},0,0,${cells.join(',')}`;
}

/** Best ask 101 with `quantity` in 2 orders, best bid 99 with 5 in 1. */
function state(quantity: number): Float64Array {
  const levels = new Float64Array(SNAPSHOT_NUMBERS);
  levels.set([101, quantity, 2], 0);
  levels.set([99, 5, 1], SNAPSHOT_NUMBERS / 2);
  return levels;
}

function file(...rows: string[]): { 'snapshots10.csv.gz': Buffer } {
  return { 'snapshots10.csv.gz': gzipSync([HEADER, ...rows].map((line) => `${line}\n`).join('')) };
}

const ROWS = [
  row('OCALL', 0, state(1)),
  row('TRADE', 3, state(10)),
  row('TRADE', 3, state(12)),
  row('TRADE', 4, state(7)),
];

async function read(folder: string): Promise<ExpectedSnapshots> {
  const snapshots = await readExpectedSnapshots(folder);
  if (snapshots === undefined) {
    throw new Error('the test wrote no snapshots');
  }
  return snapshots;
}

t.test('every row is met by one of the states at its trade count', async (t) => {
  const comparer = new SnapshotComparer(await read(t.testdir(file(...ROWS))));
  t.notOk(comparer.wants(0), 'a row of the opening call asks for nothing');
  comparer.state(3, state(12));
  comparer.state(3, state(11));
  comparer.state(3, state(10));
  t.notOk(comparer.wants(3), 'both rows are met');
  comparer.state(4, state(7));
  t.same(comparer.finish(), { equal: 3, expected: 3, difference: '' });
});

t.test('a wrong quantity, number of orders, price or a level too many is a difference', async (t) => {
  for (const at of [0, 1, 2, 5, SNAPSHOT_NUMBERS / 2 + 1]) {
    const comparer = new SnapshotComparer(await read(t.testdir(file(...ROWS))));
    comparer.state(3, state(10));
    comparer.state(3, state(12));
    const wrong = state(7);
    wrong[at] = (wrong[at] ?? 0) + 1;
    comparer.state(4, wrong);
    const end = comparer.finish();
    t.equal(end.equal, 2);
    t.match(end.difference, /line 5 .*trade count 4\): no state met it; in the last one \w+ is \d+, expected \d+/);
  }
});

t.test('a right state at another trade count meets nothing', async (t) => {
  const comparer = new SnapshotComparer(await read(t.testdir(file(...ROWS))));
  comparer.state(2, state(10));
  comparer.state(4, state(7));
  comparer.state(5, state(12));
  const end = comparer.finish();
  t.equal(end.equal, 1);
  t.match(end.difference, /line 3 .*no state had this trade count/);
});

t.test('an engine that stops early misses the rows that are left', async (t) => {
  const comparer = new SnapshotComparer(await read(t.testdir(file(...ROWS))));
  comparer.state(3, state(10));
  t.match(comparer.finish(), { equal: 1, expected: 3, difference: /line 4/ });
});

t.test(
  'a day without the file has no snapshots; one without rows of trading or with a bad row is an error',
  async (t) => {
    t.equal(await readExpectedSnapshots(t.testdir({})), undefined);
    const none = new SnapshotComparer(await read(t.testdir(file(row('START', 0, state(1))))));
    t.match(none.finish(), { equal: 0, expected: 0, difference: /no rows with status TRADE/ });
    const cases: [string[], RegExp][] = [
      [[], /no rows/],
      [[row('TRADE', 3, state(1)), row('TRADE', 2, state(1))], /line 3: the trade count goes back/],
      [[row('WHAT', 3, state(1))], /line 2: status/],
      [[row('TRADE', 3, state(1)).replace('101,1,2', '101,,2')], /line 2: ask1_qty is ""/],
      [[row('TRADE', 3, state(1)).slice(0, -2)], /line 2: \d+ fields/],
    ];
    for (const [rows, message] of cases) {
      await t.rejects(readExpectedSnapshots(t.testdir(file(...rows))), { code: 'BAD_RECORDING', message });
    }
  },
);
