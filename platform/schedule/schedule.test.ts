import t from 'tap';
import { PlatformError } from '../exit-codes.js';
import { actionText, dueBetween, nextDueMs, readSchedule } from './schedule.js';
import { type ScheduledInstrument, ScheduleRunner, type ScheduleVenue } from './schedule-runner.js';

const DAY = [
  'timezone Europe/Zurich   # local times',
  '',
  'Mon-Fri 08:50 * Auction',
  'Mon-Fri 09:00 * uncross',
  'Mon-Fri 09:00 * continuous',
  'Mon-Fri 17:30 ACME closed',
  'daily 17:30:05 ACME,BETA end-of-day',
].join('\n');

function texts(from: string, to: string): string[] {
  return dueBetween(readSchedule(DAY, 'day'), Date.parse(from), Date.parse(to)).map(
    ({ atMs, entry }) => `${new Date(atMs).toISOString()} ${entry.line} ${actionText(entry.action)}`,
  );
}

t.test('a day has its entries in order, in local time, on its days', async (t) => {
  t.same(texts('2026-11-23T07:00:00Z', '2026-11-23T23:00:00Z'), [
    '2026-11-23T07:50:00.000Z 3 phase Auction',
    '2026-11-23T08:00:00.000Z 4 uncross',
    '2026-11-23T08:00:00.000Z 5 phase Continuous',
    '2026-11-23T16:30:00.000Z 6 phase Closed',
    '2026-11-23T16:30:05.000Z 7 end-of-day',
  ]);
  t.same(texts('2026-11-28T00:00:00Z', '2026-11-28T23:00:00Z'), ['2026-11-28T16:30:05.000Z 7 end-of-day'], 'Saturday');
  t.same(texts('2026-07-06T06:00:00Z', '2026-07-06T07:00:00Z'), [
    '2026-07-06T06:50:00.000Z 3 phase Auction',
    '2026-07-06T07:00:00.000Z 4 uncross',
    '2026-07-06T07:00:00.000Z 5 phase Continuous',
  ]);
});

t.test('from an instant on, that instant is over', async (t) => {
  const schedule = readSchedule(DAY, 'day');
  t.equal(nextDueMs(schedule, Date.parse('2026-11-23T08:00:00Z')), Date.parse('2026-11-23T16:30:00Z'));
  t.equal(nextDueMs(schedule, Date.parse('2026-11-23T07:59:59Z')), Date.parse('2026-11-23T08:00:00Z'));
});

t.test('a time that a day has twice counts once, one that it has not counts at the next', async (t) => {
  const schedule = readSchedule('timezone Europe/Zurich\ndaily 02:30 * Auction', 'day');
  const times = (from: string, to: string) =>
    dueBetween(schedule, Date.parse(from), Date.parse(to)).map(({ atMs }) => new Date(atMs).toISOString());
  t.same(times('2026-10-24T22:00:00Z', '2026-10-25T12:00:00Z'), ['2026-10-25T00:30:00.000Z']);
  t.equal(times('2026-03-28T23:00:00Z', '2026-03-29T12:00:00Z').length, 1);
});

t.test('what is wrong is said with its line and what it should be', async (t) => {
  const cases: [string, RegExp][] = [
    ['Mon 25:00 * Auction', /line 1: "25:00" is no time: write HH:MM or HH:MM:SS\.$/],
    ['\nMon 9 * Auction', /line 2: "9" is no time/],
    ['Someday 09:00 * Auction', /"Someday" are no days: write daily, or days like Mon-Fri/],
    ['Mon 09:00 A+B Auction', /"A\+B" is no symbol: write \* or symbols like ACME,BETA\.$/],
    ['Mon 09:00 * Lunch', /"Lunch" is nothing that is done: write one of Closed, .*uncross, end-of-day\.$/],
    ['Mon 09:00 *', /write DAYS TIME INSTRUMENTS WHAT/],
    ['timezone Mars/Olympus', /there is no time zone "Mars\/Olympus"/],
    ['timezone', /write timezone NAME/],
    ['Mon 09:00 * Auction\ntimezone UTC', /line 2: the time zone stands before/],
    ['# nothing', /has no line with a time/],
    ['volatility', /line 1: write volatility SECONDS, like volatility 120\.$/],
    ['volatility 0', /write volatility SECONDS/],
    ['volatility 5 6', /write volatility SECONDS/],
  ];
  for (const [text, says] of cases) {
    try {
      readSchedule(text, 'day.txt');
      t.fail(`taken: ${text}`);
    } catch (error) {
      t.ok(error instanceof PlatformError && error.message.startsWith('The schedule day.txt'), text);
      t.match(error instanceof Error ? error.message : '', says);
    }
  }
});

/** A venue, a clock and a log that a test sets. */
class Day {
  nowMs: number;
  done: number | null = null;
  readonly did: string[] = [];
  readonly said: string[] = [];
  instruments: ScheduledInstrument[] = [
    { symbol: 'ACME', phase: 'Closed' },
    { symbol: 'BETA', phase: 'Halted' },
  ];
  /** Answers to come: a reason, or an error. */
  readonly answers: (string | Error)[] = [];
  runner: ScheduleRunner;

  constructor(start: string, text = DAY) {
    this.nowMs = Date.parse(start);
    const say = (line: unknown) => this.said.push(String(line));
    this.runner = new ScheduleRunner(
      readSchedule(text, 'day'),
      {
        connect: async () => this.venue(),
        done: {
          read: () => this.done,
          write: (atMs) => {
            this.done = atMs;
          },
        },
        now: () => this.nowMs,
        sleep: async (ms) => {
          this.nowMs += ms;
          if (this.nowMs >= this.until) this.runner.stop();
        },
      },
      { info: say, warn: say, error: say } as never,
    );
  }

  private until = 0;

  async runUntil(end: string): Promise<readonly string[]> {
    this.until = Date.parse(end);
    await this.runner.run();
    return this.did;
  }

  private venue(): ScheduleVenue {
    return {
      instruments: async () => this.instruments,
      apply: async (symbol, action) => {
        const answer = this.answers.shift();
        if (answer instanceof Error) throw answer;
        if (answer !== undefined) return answer;
        this.did.push(`${new Date(this.nowMs).toISOString().slice(11, 19)} ${symbol} ${actionText(action)}`);
        return null;
      },
      close: () => undefined,
    };
  }
}

t.test('each entry is carried out at its time, for its instruments, once', async (t) => {
  const day = new Day('2026-11-23T07:00:00Z');
  day.done = day.nowMs;
  t.same(await day.runUntil('2026-11-23T20:00:00Z'), [
    '07:50:00 ACME phase Auction',
    '07:50:00 BETA phase Auction',
    '08:00:00 ACME uncross',
    '08:00:00 BETA uncross',
    '08:00:00 ACME phase Continuous',
    '08:00:00 BETA phase Continuous',
    '16:30:00 ACME phase Closed',
    '16:30:05 ACME end-of-day',
    '16:30:05 BETA end-of-day',
  ]);
  t.equal(day.done, Date.parse('2026-11-23T16:30:05Z'));
});

t.test('what was missed while the platform was away is done in order at its start', async (t) => {
  const day = new Day('2026-11-23T08:10:00Z');
  day.done = Date.parse('2026-11-23T07:50:00Z');
  t.same(await day.runUntil('2026-11-23T08:20:00Z'), [
    '08:10:00 ACME uncross',
    '08:10:00 BETA uncross',
    '08:10:00 ACME phase Continuous',
    '08:10:00 BETA phase Continuous',
  ]);
  t.ok(day.said.some((line) => /600 s late/.test(line)));
});

t.test('the first time what is Closed goes where it would be by now, and a halt stays', async (t) => {
  const day = new Day('2026-11-23T10:00:00Z');
  t.same(await day.runUntil('2026-11-23T10:01:00Z'), ['10:00:00 ACME phase Continuous']);
});

t.test('a busy instrument is asked again, a refusal is said, a lost answer is asked for again', async (t) => {
  const day = new Day('2026-11-23T16:29:00Z', 'daily 16:30 ACME,GONE Closed\ndaily 16:31 ACME Auction');
  day.done = day.nowMs;
  day.answers.push('InProgress', new Error('the connection went'), 'Busy');
  t.same(await day.runUntil('2026-11-23T16:30:30Z'), ['16:30:00 ACME phase Closed']);
  t.ok(day.said.some((line) => /there is no instrument GONE/.test(line)));
  t.ok(day.said.some((line) => /no answer, trying again: the connection went/.test(line)));
  const refused = new Day('2026-11-23T16:29:00Z', 'daily 16:30 ACME Continuous');
  refused.done = refused.nowMs;
  refused.answers.push('BookCrossed');
  t.same(await refused.runUntil('2026-11-23T16:31:00Z'), []);
  t.ok(refused.said.includes('schedule line 1: phase Continuous of ACME was refused: BookCrossed'));
});

t.test('a clock that is set back does nothing twice', async (t) => {
  const day = new Day('2026-11-23T07:49:00Z');
  day.done = Date.parse('2026-11-23T08:00:00Z');
  t.same(await day.runUntil('2026-11-23T08:30:00Z'), []);
});

t.test('a volatility auction is uncrossed after its time, whoever started it, and trading goes on', async (t) => {
  const day = new Day('2026-11-23T10:00:00Z', 'volatility 120');
  day.done = day.nowMs;
  day.instruments = [
    { symbol: 'ACME', phase: 'VolatilityAuction' },
    { symbol: 'BETA', phase: 'Auction' },
  ];
  t.same(await day.runUntil('2026-11-23T10:02:30Z'), ['10:02:00 ACME uncross', '10:02:00 ACME phase Continuous']);
  const none = new Day('2026-11-23T10:00:00Z', 'daily 23:00 * Closed');
  none.done = none.nowMs;
  none.instruments = [{ symbol: 'ACME', phase: 'VolatilityAuction' }];
  t.same(await none.runUntil('2026-11-23T10:30:00Z'), [], 'nobody said when');
});
