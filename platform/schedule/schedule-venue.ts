/**
 * The schedule's way into the venue: a session with the operator's key, like that of any client, so that what it does is
 * journaled and audited as everything else; and the file in the data directory that says until when all is done.
 * Platform's main thread.
 */

import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { type DataDirectory, writeFileDurably } from '../data-directory.js';
import { EXIT_DATA_DIRECTORY, PlatformError } from '../exit-codes.js';
import type { ScheduledAction } from './schedule.js';
import type { DoneUntil, ScheduledInstrument, ScheduleSeams, ScheduleVenue } from './schedule-runner.js';

/** Of the operator's lanes the schedule has the last one. */
const LANE = 0xffff;
const PAGE = 1000;
const ANSWER_MS = 10_000;

const doneFile = z.object({ doneUntilMs: z.int() });
const instrumentsPage = z.object({
  instruments: z.array(z.object({ id: z.int(), symbol: z.string(), phase: z.string() })),
  more: z.boolean(),
});

export function scheduleSeams(url: string, directory: DataDirectory): ScheduleSeams {
  return {
    connect: () => connect(url, directory.adminKeyPath),
    done: doneIn(`${directory.path}/schedule.json`),
    now: Date.now,
    sleep: async (ms) => {
      await sleep(ms, undefined, { ref: false });
    },
  };
}

async function connect(url: string, key: string): Promise<ScheduleVenue> {
  const client = await TredyeClient.connect(url, readKeyFile(key), { lane: LANE });
  return {
    instruments: () => instrumentsOf(url),
    apply: (symbol, action) => apply(client, symbol, action),
    close: () => client.close(),
  };
}

async function apply(client: TredyeClient, symbol: string, action: ScheduledAction): Promise<string | null> {
  const report = await reportOf(client, symbol, action);
  return report.kind === 'Rejected' ? report.reason : null;
}

function reportOf(client: TredyeClient, symbol: string, action: ScheduledAction) {
  if (action === 'uncross') return client.uncross({ symbol });
  if (action === 'end-of-day') return client.endOfDay({ symbol });
  return client.setPhase({ symbol, phase: action.phase });
}

async function instrumentsOf(url: string): Promise<readonly ScheduledInstrument[]> {
  const all: z.infer<typeof instrumentsPage>['instruments'] = [];
  for (let more = true; more; ) {
    const place = `/v1/instruments?after=${all.at(-1)?.id ?? 0}&limit=${PAGE}`;
    const response = await fetch(new URL(place, url.replace(/^ws/, 'http')), {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!response.ok) throw new Error(`the list of instruments has status ${response.status}`);
    const page = instrumentsPage.parse(await response.json());
    all.push(...page.instruments);
    more = page.more && page.instruments.length > 0;
  }
  return all;
}

function doneIn(path: string): DoneUntil {
  return {
    read() {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
      try {
        return doneFile.parse(JSON.parse(readFileSync(path, 'utf8'))).doneUntilMs;
      } catch {
        throw new PlatformError(
          'SCHEDULE_DAMAGED',
          EXIT_DATA_DIRECTORY,
          `${path} is not what the schedule wrote: move it away, and nothing that was missed is made up for.`,
        );
      }
    },
    write: (atMs) => writeFileDurably(path, `${JSON.stringify({ doneUntilMs: atMs })}\n`, 0o644),
  };
}
