/**
 * Kills by SIGKILL at random moments under load, of the platform and of its parent, with a witness in a process of its own,
 * and the check after each restart. A kill counts only with commands in flight. Runs on the main thread of a proof's process.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { freePort } from '../../gateway/port-probe.js';
import { verifyVenue } from '../../platform/cli/journal/check.js';
import { journalDirectory } from '../../platform/data-directory.js';
import { type PlatformOptions, PlatformProcess, type PlatformReady } from '../platform-process.js';
import { seededRandom } from '../seeded-random.js';
import { checkAfterKill } from './check.js';
import { readJournalEvents, readStreams } from './event-log.js';
import { readWitnessLines, type WitnessMessage, type WitnessOrder } from './witness-line.js';

const WITNESS = fileURLToPath(new URL('./witness-main.js', import.meta.url));
const WITNESS_LANE = 7;
const READER_LANE = 8;
const SETTLE_MS = 60_000;
const SHORTEST_LOAD_MS = 100;
const LONGEST_LOAD_MS = 700;
/** Within it a second kill meets a platform that recovers, mostly. */
const LONGEST_RECOVERY_MS = 800;
/** The parent waits longer behind each death, so it is killed itself behind so many. */
const RESTARTS_OF_A_PARENT = 2;
/** Kills without a command in flight do not count; so many in a row mean that there is no load. */
const MAX_IDLE_KILLS = 5;

/**
 * What is killed: the platform alone, which its parent starts again; the one that recovers from that as well; parent and
 * platform at once; or the parent alone, at which the platform stops by itself.
 */
export const KILL_WAYS = ['platform', 'recovery', 'both', 'parent'] as const;
export type KillWay = (typeof KILL_WAYS)[number];

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly shards: number;
  readonly gateways: number;
  /** An empty folder of its own; left as it is. */
  readonly scratch: string;
  readonly say: (line: string) => void;
}

/** Often, so that starts begin with snapshots and kills meet their writing. */
const SNAPSHOT_COMMANDS = '5000';
/** The check reads the whole stream of an account again, however long it has become. */
const WHOLE_STREAM = ['--resume-events', '1000000000'];

export interface KillSummary {
  readonly rounds: number;
  readonly inFlight: readonly number[];
  readonly tornTails: number;
  readonly acknowledged: number;
  readonly neverHappened: number;
  readonly restartMs: readonly number[];
  readonly byWay: Readonly<Record<KillWay, number>>;
  /** Platforms that were killed before they served again. */
  readonly recoveriesKilled: number;
  /** Of all that is left in the directory at the end: snapshots whose state is what the journal comes to. */
  readonly snapshots: number;
}

interface Members {
  readonly account: number;
  readonly keyFile: string;
  readonly instruments: readonly number[];
}

/** One account with a key of its own, and an open instrument on each shard. */
async function admitMembers(ready: PlatformReady, shards: number, scratch: string): Promise<Members> {
  const admin = await TredyeClient.connect(ready.url, readKeyFile(ready.adminKey));
  const account = await admin.addAccount('witness');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keyId = await admin.addKey({
    account,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    rights: ['Read', 'Trade'],
  });
  const keyFile = join(scratch, 'witness-key.json');
  writeFileSync(keyFile, JSON.stringify({ keyId, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) }));
  const instruments: number[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const { id } = await admin.addInstrument({ symbol: `KILL${shard}`, shard, priceMax: 1000, quantityMax: 1_000_000 });
    await admin.setPhase({ instrument: id, phase: 'Continuous' });
    instruments.push(id);
  }
  await admin.close();
  return { account, keyFile, instruments };
}

/** The witness process and what it said last. */
class WitnessProcess {
  private readonly child: ChildProcess;
  private readonly heard: WitnessMessage[] = [];
  private waiting: (() => void) | null = null;
  private gone = false;

  constructor(args: readonly string[]) {
    this.child = fork(WITNESS, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (message: WitnessMessage) => {
      this.heard.push(message);
      this.waiting?.();
    });
    this.child.on('exit', () => {
      this.gone = true;
      this.waiting?.();
    });
  }

  order(order: WitnessOrder): void {
    this.child.send(order);
  }

  /** Forgets what it said so far. */
  forget(): void {
    this.heard.length = 0;
  }

  /** The next message of a type; what comes before it is dropped. Throws when the witness fails or stays silent. */
  async next<Type extends WitnessMessage['type']>(type: Type): Promise<Extract<WitnessMessage, { type: Type }>> {
    const until = Date.now() + SETTLE_MS;
    for (;;) {
      const message = this.heard.shift();
      if (message?.type === 'failed') throw new Error(message.why);
      if (message !== undefined && isOfType(message, type)) return message;
      if (message !== undefined) continue;
      if (this.gone) throw new Error('The witness has gone.');
      if (Date.now() > until) throw new Error(`The witness did not say "${type}" in ${SETTLE_MS / 1000} s.`);
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, 1000);
        this.waiting = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    }
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

function isOfType<Type extends WitnessMessage['type']>(
  message: WitnessMessage,
  type: Type,
): message is Extract<WitnessMessage, { type: Type }> {
  return message.type === type;
}

/** The way of the next kill. Sooner or later a parent has to go itself. */
function wayOf(random: () => number, restarts: number): KillWay {
  const ways = restarts < RESTARTS_OF_A_PARENT ? KILL_WAYS : KILL_WAYS.slice(2);
  return ways[Math.floor(random() * ways.length)] ?? 'platform';
}

/** The platform and its parent as the kills leave them. */
class Victim {
  restarts = 0;
  recoveriesKilled = 0;
  ready: PlatformReady;

  private constructor(
    private readonly options: PlatformOptions,
    private running: PlatformProcess,
  ) {
    this.ready = running.ready;
  }

  static async start(options: PlatformOptions): Promise<Victim> {
    return new Victim(options, await PlatformProcess.start(options));
  }

  async kill(way: KillWay): Promise<void> {
    if (way === 'both') await this.running.killBoth();
    else if (way === 'parent') await this.running.kill();
    else process.kill(this.ready.pid, 'SIGKILL');
  }

  /** Waits until it serves again; by the parent, where that lives. */
  async comeBack(way: KillWay, random: () => number): Promise<void> {
    if (way === 'both' || way === 'parent') {
      this.running = await PlatformProcess.start(this.options);
      this.ready = this.running.ready;
      this.restarts = 0;
      return;
    }
    this.restarts += 1;
    let pid = await this.running.anotherPid(this.ready.pid);
    if (way === 'recovery') {
      await delay(random() * LONGEST_RECOVERY_MS);
      if (!this.running.hasServed(pid)) this.recoveriesKilled += 1;
      process.kill(pid, 'SIGKILL');
      this.restarts += 1;
      pid = await this.running.anotherPid(pid);
    }
    this.ready = await this.running.readyOf(pid);
  }

  async end(): Promise<void> {
    await this.running.killBoth();
  }

  log(): string {
    return this.running.log();
  }
}

/** Runs the rounds. Throws at the first thing that does not hold, with the seed and the round in the message. */
export async function runKills(options: KillOptions): Promise<KillSummary> {
  const { rounds, seed, shards, gateways, scratch, say } = options;
  const random = seededRandom(seed);
  const data = join(scratch, 'data');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const often = ['--snapshot-commands', SNAPSHOT_COMMANDS];
  const flags = ['--shards', String(shards), '--gateways', String(gateways), ...often, ...WHOLE_STREAM];
  // A named one, as an operator has, and free again right after a kill.
  const port = await freePort('127.0.0.1');
  const platform = await Victim.start({ data, flags, port, parent: true });
  const { url } = platform.ready;
  const { account, keyFile, instruments } = await admitMembers(platform.ready, shards, scratch);
  const witnessFile = join(scratch, 'witness.txt');
  rmSync(witnessFile, { force: true });
  const witness = new WitnessProcess([
    url,
    keyFile,
    witnessFile,
    String(seed),
    String(WITNESS_LANE),
    instruments.join(','),
  ]);
  const inFlight: number[] = [];
  const restartMs: number[] = [];
  const byWay: Record<KillWay, number> = { platform: 0, recovery: 0, both: 0, parent: 0 };
  let tornTails = 0;
  let idleKills = 0;
  let findings = { acknowledged: 0, neverHappened: 0, openOrders: 0 };
  try {
    await witness.next('ready');
    while (inFlight.length < rounds) {
      witness.forget();
      witness.order('go');
      await delay(SHORTEST_LOAD_MS + random() * (LONGEST_LOAD_MS - SHORTEST_LOAD_MS));
      const way = wayOf(random, platform.restarts);
      await platform.kill(way);
      const lost = await witness.next('inFlight');
      const killedAt = performance.now();
      await platform.comeBack(way, random);
      restartMs.push(performance.now() - killedAt);
      for (const shard of platform.ready.shards) tornTails += shard.tornTailsCut;
      witness.order('pause');
      const settled = await witness.next('settled');
      const key = readKeyFile(keyFile);
      const { logs, tops } = await readStreams(url, key, READER_LANE, shards, instruments);
      const journals = logs.map((_, shard) =>
        readJournalEvents(journalDirectory(data, shard), { shard, shardCount: shards }),
      );
      findings = checkAfterKill({
        account,
        lane: WITNESS_LANE,
        instruments,
        firstCounter: settled.firstCounter,
        issued: settled.issued,
        lines: readWitnessLines(readFileSync(witnessFile, 'utf8')),
        streams: logs,
        journals,
        tops,
      });
      if (lost.count === 0) {
        idleKills++;
        if (idleKills > MAX_IDLE_KILLS)
          throw new Error('The platform is killed again and again with nothing in flight.');
        continue;
      }
      idleKills = 0;
      inFlight.push(lost.count);
      byWay[way] += 1;
      say(
        `round ${inFlight.length}/${rounds}, ${way}: ${lost.count} in flight, ` +
          `${findings.acknowledged} acknowledged and ${findings.neverHappened} settled as never happened so far, ` +
          `${findings.openOrders} orders rest, epoch ${platform.ready.shards[0]?.epoch}`,
      );
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Kill ${inFlight.length + 1} of seed ${seed}: ${why}\n${platform.log()}`, { cause: error });
  } finally {
    witness.end();
    await platform.end();
  }
  const { acknowledged, neverHappened } = findings;
  const verified = verifyVenue(data, say);
  const problems = verified.flatMap((shard) => shard.problems);
  if (problems.length > 0) throw new Error(`Behind the kills of seed ${seed}: ${problems.join(' ')}`);
  const snapshots = verified.reduce((sum, shard) => sum + shard.snapshots, 0);
  const { recoveriesKilled } = platform;
  return { rounds, inFlight, tornTails, acknowledged, neverHappened, restartMs, byWay, recoveriesKilled, snapshots };
}
