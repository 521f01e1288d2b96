import t from 'tap';
import {
  DEFAULT_LIMITS,
  type Limits,
  LimitsError,
  limitsFrom,
  MOST_ORDERS,
  maxGroupBytes,
  mostQuantity,
} from './limits.js';

t.test('the defaults agree with each other and are what no override gives', async (t) => {
  t.same(limitsFrom({}), DEFAULT_LIMITS);
  t.equal(maxGroupBytes(DEFAULT_LIMITS) % 4096, 0);
});

t.test('an override replaces one value and leaves the others', async (t) => {
  t.equal(limitsFrom({ maxOrders: 300_000 }).maxOrders, 300_000);
  t.equal(limitsFrom({ maxOrders: 300_000 }).maxLevels, DEFAULT_LIMITS.maxLevels);
});

t.test('a value that cannot work is refused with its name in one sentence', async (t) => {
  const cases: [Partial<Limits>, RegExp][] = [
    [{ maxOrders: 0 }, /maxOrders/],
    [{ maxOrders: 1.5 }, /maxOrders/],
    [{ maxOrders: Number.NaN }, /maxOrders/],
    [{ ladderTicks: 96 }, /ladderTicks must be a power of two/],
    [{ maxOrders: 10 }, /maxLevels .* above maxOrders/],
    [{ maxOrders: 2 ** 24 }, /maxOrders must be a whole number from 1 to 16777215/],
    [{ maxLevels: 2 ** 21 }, /maxLevels must be a whole number from 1 to 2097151/],
    [{ maxLanes: 0 }, /maxLanes must be/],
    [{ maxLanes: 8, maxLanesPerAccount: 9 }, /maxLanesPerAccount .* above maxLanes/],
    [{ reservedCancelSlots: 5000 }, /half of commandRingSlots/],
    [{ maxLanes: 65_536, laneAnswers: 65_536 }, /maxLanes times laneAnswers/],
    [{ ladderWindows: 1 << 20 }, /ladderWindows times ladderTicks/],
    [{ roundEvents: 1000 }, /roundEvents .* at least maxEventsPerCommand/],
    [{ outputRingSlots: 16_384 }, /at least twice roundEvents/],
    [{ adminLogBytes: 100_001 }, /multiple of 64/],
    [{ segmentBytes: 100_001 }, /multiple of 4096/],
    [{ segmentBytes: 1024 * 1024 }, /must hold the largest group/],
  ];
  for (const [overrides, sentence] of cases) {
    try {
      limitsFrom(overrides);
      t.fail(`${JSON.stringify(overrides)} was accepted`);
    } catch (error) {
      t.ok(error instanceof LimitsError);
      t.equal((error as LimitsError).code, 'LIMITS');
      t.match((error as LimitsError).message, sentence);
    }
  }
});

t.test('rule 7.1: the sum of the largest quantity over as many orders as there can be is exact', async (t) => {
  const everyQuantity = 2 ** 21;
  for (const maxOrders of [1 << 18, 1 << 20, everyQuantity, everyQuantity + 1, 10_000_000, MOST_ORDERS]) {
    const most = mostQuantity(limitsFrom({ maxOrders }).maxOrders);
    t.ok(Number.isSafeInteger(most * maxOrders), `${maxOrders} orders of ${most}`);
    t.equal(most === 0xffffffff, maxOrders <= everyQuantity);
  }
  t.notOk(Number.isSafeInteger((mostQuantity(MOST_ORDERS) + 1) * MOST_ORDERS));
});

t.test('an account gets no more lanes than there are', async (t) => {
  t.equal(limitsFrom({}).maxLanesPerAccount, 256);
  t.equal(limitsFrom({ maxLanes: 8 }).maxLanesPerAccount, 8);
});

t.test('a limit that does not exist is refused by name', async (t) => {
  const overrides: Record<string, number> = { maxOrdres: 5 };
  t.throws(() => limitsFrom(overrides), /no limit named maxOrdres/);
});
