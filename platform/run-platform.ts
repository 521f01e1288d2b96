/**
 * The life of the platform process, for main.ts and the command line `tredye run`: reads what is asked for, takes the
 * data directory, starts the supervisor, prints where things are, and leaves with a code of exit-codes.ts. Main thread.
 */

import { loadUws, UwsUnavailableError } from '../gateway/uws.js';
import { prepareArchive } from './archive.js';
import { checkClockPossible } from './clock-check.js';
import { type Configuration, helpText, readConfiguration } from './configuration.js';
import { type DataDirectory, openDataDirectory } from './data-directory.js';
import {
  EXIT_CLEAN,
  EXIT_CONFIGURATION,
  EXIT_MISSING,
  EXIT_STOP_TIMED_OUT,
  EXIT_WORKER_DIED,
  PlatformError,
} from './exit-codes.js';
import { openLog, type PlatformLog } from './log.js';
import { onParentGone, restartsSoFar, tellServing } from './parent-line.js';
import { readScheduleFile, type Schedule } from './schedule/schedule.js';
import { ScheduleRunner } from './schedule/schedule-runner.js';
import { scheduleSeams } from './schedule/schedule-venue.js';
import type { StuckShard } from './shard-threads.js';
import { type Serving, Supervisor } from './supervisor.js';
import { platformVersion } from './version.js';
import { wantOfMemory } from './want-of-memory.js';

/** How long a process that must leave waits for its gateways to close their sockets and for all threads to end. */
const LEAVE_MS = 5_000;

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
 * Ends this process where an orderly end could hang: process.exit waits for every thread, and one in a call of the
 * system that does not return cannot be ended; nor does any timer fire while it waits. So it is called when no other
 * thread is left, and else this is. Whoever started the process sees SIGKILL; nothing acknowledged is lost.
 */
function killOurselves(): void {
  process.kill(process.pid, 'SIGKILL');
}

function bug(error: unknown): PlatformError {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PlatformError(
    'PLATFORM_BUG',
    EXIT_WORKER_DIED,
    `The platform found a bug of ours; start again and report this: ${what}`,
    true,
  );
}

class PlatformRun {
  private readonly log: PlatformLog;
  private readonly supervisor: Supervisor;
  private leaving = false;
  private runner: ScheduleRunner | null = null;
  private stopSignals = 0;
  /** What happened while it stopped; the stop is not clean then. */
  private stopFailure: PlatformError | null = null;

  constructor(
    private readonly configuration: Configuration,
    private readonly directory: DataDirectory,
    private readonly schedule: Schedule | null,
  ) {
    this.log = openLog(configuration.logLevel, configuration.logFormat);
    this.supervisor = new Supervisor(configuration, directory, this.log, {
      died: (error) => this.leave(error),
      stuck: (shard) => this.leaveStuck(shard),
      gatewayStuck: (gateway) => this.leaveStuckGateway(gateway),
    });
    this.supervisor.countRestarts(restartsSoFar(process.env));
    onParentGone(() => this.stop('the parent process is gone'));
    process.on('SIGINT', () => this.stop('SIGINT'));
    process.on('SIGTERM', () => this.stop('SIGTERM'));
    process.on('uncaughtException', (error) => this.leave(bug(error)));
  }

  async run(): Promise<void> {
    try {
      const serving = await this.supervisor.start();
      if (this.leaving) return;
      this.sayReady(serving);
      tellServing({ port: serving.port });
      this.beginSchedule(serving.url);
    } catch (error) {
      this.leave(error instanceof PlatformError ? error : bug(error));
    }
  }

  private beginSchedule(url: string): void {
    if (this.schedule === null) return;
    this.runner = new ScheduleRunner(this.schedule, scheduleSeams(url, this.directory), this.log);
    this.runner.run().catch((error: unknown) => {
      if (!this.leaving) this.leave(error instanceof PlatformError ? error : bug(error));
    });
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
      this.log.warn(`${signal} again: leaving at once; the next start recovers what was acknowledged`);
      killOurselves();
      return;
    }
    if (this.leaving) return;
    this.leaving = true;
    this.runner?.stop();
    const { stopSeconds } = this.configuration;
    this.log.info(`${signal}: closing sessions and finishing what was taken; a second one leaves at once`);
    this.exitAfter(this.supervisor.stop(), stopSeconds * 1000, () => {
      this.log.fatal(
        { exitCode: EXIT_STOP_TIMED_OUT },
        `the stop took more than ${stopSeconds} s and is given up: start again, and raise --stop-seconds if the disk is only slow`,
      );
    });
  }

  /** A thread is dead or cannot start: there is no replacing one, so all of it ends, and the next start recovers. */
  private leave(error: PlatformError): void {
    if (this.leaving && error.exitCode === EXIT_CLEAN) return;
    const { code, exitCode, canRetry } = error;
    if (this.leaving) {
      // The first one is the cause; one that comes while all is well and stops says that the stop is no clean one.
      if (this.stopSignals > 0 && this.stopFailure === null) {
        this.stopFailure = error;
        this.log.fatal({ code, exitCode, canRetry }, error.message);
      }
      return;
    }
    this.leaving = true;
    this.runner?.stop();
    this.stopFailure = error;
    this.log.fatal({ code, exitCode, canRetry }, error.message);
    this.exitAfter(this.supervisor.abandon(), LEAVE_MS, () => {
      this.log.fatal(
        { exitCode },
        'a thread hangs in a call of the system: ending by SIGKILL in place of the exit code',
      );
    });
  }

  /** Exits when all threads are gone, and ends by force, after a last line, when they are not in time. */
  private exitAfter(threadsGone: Promise<void>, limitMs: number, sayLate: () => void): void {
    const limit = setTimeout(() => {
      sayLate();
      killOurselves();
    }, limitMs);
    threadsGone.then(
      () => {
        clearTimeout(limit);
        if (this.stopFailure === null)
          this.log.info('stopped: all sessions are closed and all that was taken is durable');
        process.exit(this.stopFailure?.exitCode ?? EXIT_CLEAN);
      },
      (error: unknown) => {
        this.log.fatal({ error: String(error) }, 'the threads could not be ended: ending by SIGKILL');
        killOurselves();
      },
    );
  }

  private leaveStuck(stuck: StuckShard): void {
    const where = stuck.inSync
      ? 'in a write of its journal (--sync-limit-seconds): look at the disk, then start again'
      : 'in one round, which is a bug: start again and report this';
    this.log.fatal({ code: 'STUCK', ...stuck }, `shard ${stuck.shard} hangs for ${stuck.milliseconds} ms ${where}`);
    killOurselves();
  }

  private leaveStuckGateway(gateway: number): void {
    const { syncLimitSeconds } = this.configuration;
    this.log.fatal(
      { code: 'STUCK', gateway },
      `gateway ${gateway} has done nothing for ${syncLimitSeconds} s (--sync-limit-seconds): look at the disk that holds the journals, then start again`,
    );
    killOurselves();
  }
}

/** Claims the shared memory. */
function madeRun(configuration: Configuration, directory: DataDirectory, schedule: Schedule | null): PlatformRun {
  try {
    return new PlatformRun(configuration, directory, schedule);
  } catch (error) {
    throw wantOfMemory('the rings', error instanceof Error ? error.message : '') ?? error;
  }
}

async function start(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const asked = readConfiguration(argv, environment);
  if (asked.ask === 'help') {
    process.stdout.write(helpText());
    return;
  }
  if (asked.ask === 'version') {
    process.stdout.write(`${platformVersion()}\n`);
    return;
  }
  const { data, venue, shards, askedLimits, scheduleFile, archive, auditor } = asked.configuration;
  if (archive !== null && !auditor) {
    const sentence = '--archive needs the auditor, which does the copying: leave out --auditor off.';
    throw new PlatformError('ARCHIVE_NEEDS_AUDITOR', EXIT_CONFIGURATION, sentence);
  }
  const schedule = scheduleFile === null ? null : readScheduleFile(scheduleFile);
  checkSocketLibrary();
  checkClockPossible(Date.now());
  const directory = openDataDirectory(data, venue, shards, askedLimits);
  if (archive !== null) prepareArchive(archive, directory);
  await madeRun(asked.configuration, directory, schedule).run();
}

/** Resolves when the platform serves or has answered --help; from then on it ends the process itself. */
export async function runPlatform(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    await start(argv, environment);
  } catch (error) {
    if (error instanceof PlatformError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(error.exitCode);
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(EXIT_WORKER_DIED);
  }
}
