/**
 * How soon a platform with a long journal takes an order after its start: a journal is made by a flow over the socket,
 * then the platform is killed and started anew again and again, and each time this process, which is another one than the
 * platform's, asks for a logon until it gets one and places an order. Runs beside the platform, in a scratch folder.
 *
 *   clock 0: spawn ──> process up ──> journal replayed ──> listens ──> logon ──> order ──> Accepted, durable: the result
 *
 * And the same from a death: the platform is killed while it serves, and its parent starts it again.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NOT_READY, readKeyFile, TredyeClient, TredyeError, WINDOW_FULL } from '../../client/index.js';
import { journalDirectory } from '../../platform/data-directory.js';
import { PlatformProcess } from '../../proof/platform-process.js';
import { findRecording, repositoryFolder } from '../../proof/recordings/data-folder.js';
import { type FlowPlan, planFlow } from '../../proof/recordings/flow-plan.js';
import { EventKind } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  highWord,
  joinWords,
  MAX_FRAME_RECORDS,
} from '../../schemas/layout.js';

const RECOVER_MAIN = fileURLToPath(new URL('./recover-main.js', import.meta.url));
export const FLOW = 'flow_normal';
const SYMBOL = 'FLOW';
const LOAD_LANE = 2;
const ORDER_LANE = 3;
/** Between two attempts to connect while nothing listens yet. */
const AGAIN_MS = 2;
const START_LIMIT_MS = 120_000;
const STALLED_MS = 60_000;
const LOOK_MS = 50;
/** Of the clock that /proc counts a process's time by; 100 a second on every Linux that Node runs on. */
const MS_PER_TICK = 10;
/** Fields of /proc/PID/stat behind the program's name, from 0. */
const [USER_TICKS, SYSTEM_TICKS] = [11, 12] as const;

export interface StartOptions {
  /** Commands that the journal shall hold, about. */
  readonly commands: number;
  readonly starts: number;
  /** So many deaths are measured as well. */
  readonly deaths: number;
  readonly say: (line: string) => void;
}

export interface StartOutcome {
  /** What the platform counted in its journal before the first measured start. */
  readonly journaled: number;
  /** By start: milliseconds from the spawn to the first accepted order. */
  readonly firstOrderMs: readonly number[];
  /** Of those, what the shard took for its replay. */
  readonly recoveryMs: readonly number[];
  /** Behind each start: what the shard's recovery takes in a process that does nothing else. */
  readonly aloneMs: readonly number[];
  /** What all threads of the platform had run by then: what else the machine did is not in it. */
  readonly cpuMs: readonly number[];
  /** By death: milliseconds from the SIGKILL to the first accepted order of the life that follows. */
  readonly afterDeathMs: readonly number[];
}

/** Throws when a platform does not start, or does not take the order. */
export async function measureStarts(options: StartOptions): Promise<StartOutcome> {
  const plan = await planFlow(join(findRecording(FLOW).folder, 'commands.bin.gz'));
  const scratch = join(repositoryFolder(), 'scratch');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `start-${process.pid}-`));
  const data = join(folder, 'data');
  try {
    const port = await makeJournal(data, plan, options);
    const firstOrderMs: number[] = [];
    const recoveryMs: number[] = [];
    const aloneMs: number[] = [];
    const cpuMs: number[] = [];
    let journaled = 0;
    for (let start = 0; start < options.starts; start++) {
      const { ms, cpu, platform } = await timeFirstOrder(data, port);
      const shard = platform.ready.shards[0];
      if (shard === undefined) throw new Error('The platform names no shard.');
      journaled ||= shard.commandSequence;
      firstOrderMs.push(ms);
      recoveryMs.push(shard.recoveryMs);
      cpuMs.push(cpu);
      options.say(
        `start ${start + 1}: ${ms.toFixed(0)} ms, of which ${shard.recoveryMs.toFixed(0)} ms replay; ${cpu} ms of CPU`,
      );
      await platform.kill();
      aloneMs.push(await timeRecovery(data));
    }
    const afterDeathMs: number[] = [];
    for (let death = 0; death < options.deaths; death++) {
      const { ms, replayMs } = await timeDeath(data, port);
      afterDeathMs.push(ms);
      options.say(`death ${death + 1}: ${ms.toFixed(0)} ms, of which ${replayMs.toFixed(0)} ms replay`);
    }
    return { journaled, firstOrderMs, recoveryMs, aloneMs, cpuMs, afterDeathMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type JournalOptions = Pick<StartOptions, 'commands' | 'say'>;

/** A journal of that many commands of the flow; the port that the platform had, which is free again. */
export async function makeJournal(data: string, plan: FlowPlan, options: JournalOptions): Promise<number> {
  // None of its commands may be in a snapshot that a start begins with.
  const platform = await PlatformProcess.start({ data, flags: ['--snapshot-commands', '0'] });
  const { url, adminKey, port } = platform.ready;
  const client = await TredyeClient.connect(url, readKeyFile(adminKey), { lane: LOAD_LANE });
  const { priceMin, priceMax, quantityMax } = plan.needs;
  const { id } = await client.addInstrument({ symbol: SYMBOL, priceMin: Math.min(1, priceMin), priceMax, quantityMax });
  await client.setPhase({ symbol: SYMBOL, phase: 'Continuous' });
  options.say(`writing a journal of ${options.commands} commands`);
  await playFlow(client, plan, id, options.commands);
  await client.close();
  await platform.kill();
  return port;
}

/** So many commands more, behind those that are there. */
export async function goOnWithJournal(data: string, plan: FlowPlan, options: JournalOptions): Promise<void> {
  const platform = await PlatformProcess.start({ data, flags: ['--snapshot-commands', '0'] });
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), {
    lane: LOAD_LANE,
  });
  const instrument = (await client.instruments()).find(({ symbol }) => symbol === SYMBOL);
  if (instrument === undefined) throw new Error('The journal has no instrument.');
  options.say(`writing ${options.commands} commands behind it`);
  await playFlow(client, plan, instrument.id, options.commands);
  await client.close();
  await platform.kill();
}

/** Plays the flow, over and over when it is shorter, in the largest frames that there are. */
async function playFlow(client: TredyeClient, plan: FlowPlan, instrument: number, commands: number): Promise<void> {
  const party = { account: client.account, session: client.incarnation, lane: LOAD_LANE, instrument };
  const words = new Int32Array(MAX_FRAME_RECORDS * COMMAND_WORDS);
  // Counters of the plan begin at 1 with each time through it, the lane's go on above all that it has used.
  let base = client.takeCounter();
  let [sent, ended, movedAt] = [0, 0, performance.now()];
  const failures: Error[] = [];
  const sendOn = (): void => {
    while (sent < commands && failures.length === 0) {
      const index = sent % plan.length;
      const count = Math.min(MAX_FRAME_RECORDS, commands - sent, plan.length - index);
      if (client.room() < count) return;
      if (index === 0 && sent > 0) base += plan.length;
      for (let at = 0; at < count; at++) {
        plan.writeCommand(words, at * COMMAND_WORDS, index + at, party, party);
        raiseCounter(words, at * COMMAND_WORDS + COMMAND_CLIENT_ORDER_ID, base);
        raiseCounter(words, at * COMMAND_WORDS + COMMAND_TARGET_ID, base);
      }
      const frame = client.send(words, 0, count);
      if (frame === NOT_READY || frame === WINDOW_FULL) failures.push(new Error('The session took no frame.'));
      sent += count;
    }
  };
  client.onEventWords((events, at) => {
    const kindWord = events[at + EVENT_KIND_WORD] ?? 0;
    const kind = kindWord & 0xff;
    if ((kindWord & EVENT_END_OF_COMMAND_BIT) === 0 || kind === EventKind.SessionOpened) return;
    ended++;
    movedAt = performance.now();
  });
  client.onRoom(sendOn);
  client.onRefused((_frame, error) => failures.push(error));
  client.onStateChange((state, why) => failures.push(new Error(`The session became ${state}: ${why}.`)));
  sendOn();
  while (ended < commands) {
    if (failures[0] !== undefined) throw failures[0];
    if (performance.now() - movedAt > STALLED_MS) throw new Error(`The load stands still after ${ended} commands.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Adds to the counter, the low 48 bits, of a client order id that is there. */
function raiseCounter(words: Int32Array, at: number, by: number): void {
  const [low, high] = [words[at] ?? 0, words[at + 1] ?? 0];
  const counter = joinWords(low, high & 0xffff);
  if (counter === 0) return;
  words[at] = (counter + by) | 0;
  words[at + 1] = (high & ~0xffff) | highWord(counter + by);
}

/** One start over that journal. */
async function timeFirstOrder(
  data: string,
  port: number,
): Promise<{ ms: number; cpu: number; platform: PlatformProcess }> {
  const key = readKeyFile(join(data, 'admin-key.json'));
  const startedAt = performance.now();
  const starting = PlatformProcess.start({ data, port });
  const client = await connectWhenThere(`ws://127.0.0.1:${port}`, key, startedAt, starting);
  await placeFirst(client);
  const ms = performance.now() - startedAt;
  const platform = await starting;
  const cpu = cpuMsOf(platform.pid);
  await client.close();
  return { ms, cpu, platform };
}

/** One death over that journal, and the start of the parent behind it. */
async function timeDeath(data: string, port: number): Promise<{ ms: number; replayMs: number }> {
  const key = readKeyFile(join(data, 'admin-key.json'));
  const platform = await PlatformProcess.start({ data, port, parent: true });
  const diedAt = performance.now();
  process.kill(platform.pid, 'SIGKILL');
  const starting = platform.readyAgain(1);
  const client = await connectWhenThere(`ws://127.0.0.1:${port}`, key, diedAt, starting);
  await placeFirst(client);
  const ms = performance.now() - diedAt;
  const { shards } = await starting;
  await client.close();
  await platform.killBoth();
  return { ms, replayMs: shards[0]?.recoveryMs ?? 0 };
}

/** Throws when it is not accepted. */
async function placeFirst(client: TredyeClient): Promise<void> {
  const report = await client.place({ symbol: SYMBOL, side: 'Buy', price: 1, quantity: 1 });
  if (report.kind !== 'Accepted') throw new Error(`The first order was not accepted: ${report.reason}.`);
}

/** The recovery of that journal by itself; what it leaves behind in the journal is a start record, as a start does. */
async function timeRecovery(data: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [RECOVER_MAIN, journalDirectory(data, 0)]);
  return (JSON.parse(stdout) as { ms: number }).ms;
}

/** Milliseconds that a process has run so far, all its threads together. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) * MS_PER_TICK;
}

async function connectWhenThere(
  url: string,
  key: ReturnType<typeof readKeyFile>,
  startedAt: number,
  starting: Promise<unknown>,
): Promise<TredyeClient> {
  let ended: unknown;
  starting.catch((error: unknown) => {
    ended = error;
  });
  for (;;) {
    try {
      return await TredyeClient.connect(url, key, { lane: ORDER_LANE, random: () => 0 });
    } catch (error) {
      if (ended !== undefined) throw ended;
      if (!(error instanceof TredyeError) || !error.canRetry || performance.now() - startedAt > START_LIMIT_MS) {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
