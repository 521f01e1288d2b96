/**
 * The platform process. Reads what is asked for, takes the data directory, starts the supervisor, prints where things
 * are, and leaves with a code of exit-codes.ts.
 */

import { readFileSync } from 'node:fs';
import { loadUws, UwsUnavailableError } from '../gateway/uws.js';
import { type Configuration, helpText, readConfiguration } from './configuration.js';
import { type DataDirectory, openDataDirectory } from './data-directory.js';
import { EXIT_CLEAN, EXIT_MISSING, EXIT_STOP_TIMED_OUT, EXIT_WORKER_DIED, PlatformError } from './exit-codes.js';
import { openLog, type PlatformLog } from './log.js';
import type { StuckShard } from './shard-threads.js';
import { type Serving, Supervisor } from './supervisor.js';
import { wantOfMemory } from './want-of-memory.js';

/** How long a process that must leave waits for its gateways to close their sockets. */
const LEAVE_MS = 2_000;

function version(): string {
  const found: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return found.version;
}

/** The socket library is looked for before anything is written, so that a machine without it keeps no traces. */
function checkSocketLibrary(): void {
  try {
    loadUws();
  } catch (error) {
    if (error instanceof UwsUnavailableError) {
      throw new PlatformError('UWS_UNAVAILABLE', EXIT_MISSING, error.message);
    }
    throw error;
  }
}

/**
 * Ends this process where an orderly end could hang: a thread in a write cannot be joined, and leaving joins all.
 * Whoever started it sees SIGKILL; nothing acknowledged is lost.
 */
function killOurselves(): void {
  process.kill(process.pid, 'SIGKILL');
}

class PlatformRun {
  private readonly log: PlatformLog;
  private readonly supervisor: Supervisor;
  private leaving = false;
  private stopSignals = 0;

  constructor(
    private readonly configuration: Configuration,
    private readonly directory: DataDirectory,
  ) {
    this.log = openLog(configuration.logLevel, configuration.logFormat);
    this.supervisor = new Supervisor(configuration, directory, this.log, {
      died: (error) => this.leave(error),
      stuck: (shard) => this.leaveStuck(shard),
      gatewayStuck: (gateway) => {
        this.log.fatal({ code: 'STUCK', gateway }, `gateway ${gateway} does nothing any more`);
        killOurselves();
      },
    });
    process.on('SIGINT', () => this.stop('SIGINT'));
    process.on('SIGTERM', () => this.stop('SIGTERM'));
  }

  async run(): Promise<void> {
    try {
      const serving = await this.supervisor.start();
      if (!this.leaving) this.sayReady(serving);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      this.leave(error);
    }
  }

  private sayReady(serving: Serving): void {
    const { directory } = this;
    const ready = {
      url: serving.url,
      port: serving.port,
      pid: process.pid,
      data: directory.path,
      adminKey: directory.adminKeyPath,
      venue: directory.venue.venue,
      venueId: directory.venue.venueId,
      shards: serving.shards.map((shard) => ({
        shard: shard.shard,
        epoch: shard.epoch,
        commandSequence: shard.commandSequence,
        eventSequence: shard.eventSequence,
        tornTailsCut: shard.tornTails,
        recoveryMs: Math.round(shard.ms),
      })),
    };
    this.log.info(
      { ready },
      [
        `venue ${ready.venue} is open at ${ready.url}`,
        `data directory  ${ready.data}`,
        `operator key    ${ready.adminKey}`,
        `process         ${ready.pid} (Ctrl-C stops it)`,
      ].join('\n    '),
    );
  }

  /** The first signal stops cleanly, the second leaves at once. */
  private stop(signal: string): void {
    this.stopSignals++;
    if (this.stopSignals > 1) {
      this.log.warn(`${signal} again: leaving at once`);
      killOurselves();
      return;
    }
    if (this.leaving) return;
    this.leaving = true;
    this.log.info(`${signal}: closing sessions and finishing what was taken`);
    const limit = setTimeout(() => {
      this.log.fatal({ exitCode: EXIT_STOP_TIMED_OUT }, `the stop took more than ${this.configuration.stopSeconds} s`);
      killOurselves();
    }, this.configuration.stopSeconds * 1000);
    this.supervisor.stop().then(
      () => {
        clearTimeout(limit);
        this.log.info('stopped');
        process.exit(EXIT_CLEAN);
      },
      (error: unknown) => {
        this.log.fatal({ error: String(error) }, 'the stop failed');
        process.exit(EXIT_WORKER_DIED);
      },
    );
  }

  /** A thread is dead or cannot start: there is no replacing one, so all of it ends, and the next start recovers. */
  private leave(error: PlatformError): void {
    if (this.leaving) return;
    this.leaving = true;
    this.log.fatal({ code: error.code, exitCode: error.exitCode, canRetry: error.canRetry }, error.message);
    const limit = setTimeout(killOurselves, LEAVE_MS);
    this.supervisor.stopGateways().then(
      () => {
        clearTimeout(limit);
        process.exit(error.exitCode);
      },
      () => killOurselves(),
    );
  }

  private leaveStuck(stuck: StuckShard): void {
    const where = stuck.inSync ? 'in a write of its journal' : 'in one round';
    this.log.fatal({ code: 'STUCK', ...stuck }, `shard ${stuck.shard} hangs ${where} for ${stuck.milliseconds} ms`);
    killOurselves();
  }
}

/** Claims the shared memory. */
function madeRun(configuration: Configuration, directory: DataDirectory): PlatformRun {
  try {
    return new PlatformRun(configuration, directory);
  } catch (error) {
    throw wantOfMemory('the rings', error instanceof Error ? error.message : '') ?? error;
  }
}

async function main(): Promise<void> {
  const asked = readConfiguration(process.argv.slice(2), process.env);
  if (asked.ask === 'help') {
    process.stdout.write(helpText());
    return;
  }
  if (asked.ask === 'version') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  const { data, venue, shards, askedLimits } = asked.configuration;
  checkSocketLibrary();
  const directory = openDataDirectory(data, venue, shards, askedLimits);
  await madeRun(asked.configuration, directory).run();
}

main().catch((error: unknown) => {
  if (error instanceof PlatformError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(EXIT_WORKER_DIED);
});
