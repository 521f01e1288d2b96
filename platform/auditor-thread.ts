/**
 * The auditor's thread: started while the shards recover, told what to follow when they have, listened to, ended as it stands. Supervisor thread.
 */

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { AuditMessage, AuditorData, AuditorOrder } from '../engine/audit/run-auditor.js';
import {
  EXIT_AUDIT,
  EXIT_CORRUPT_JOURNAL,
  EXIT_DATA_DIRECTORY,
  EXIT_WORKER_DIED,
  PlatformError,
} from './exit-codes.js';
import type { PlatformLog } from './log.js';
import { warnOfSnapshot } from './shard-threads.js';
import { wantOfMemory } from './want-of-memory.js';

const WORKER_FILE = new URL('../engine/audit/worker.js', import.meta.url);

/** One sentence: what was found, then what to do. */
function fatalOf({ shard, code, message }: Extract<AuditMessage, { type: 'fatal' }>): PlatformError {
  if (code === 'JOURNAL_DIVERGED') {
    const sentence = `The auditor of shard ${shard} does not agree with what the shard journaled: ${message}; keep the data directory as it is and report this.`;
    return new PlatformError('AUDIT_DISAGREES', EXIT_AUDIT, sentence);
  }
  if (code === 'JOURNAL_READ') {
    const sentence = `The auditor cannot read the journal of shard ${shard}: ${message}; mend the disk or its rights, then start again.`;
    return new PlatformError(code, EXIT_DATA_DIRECTORY, sentence, true);
  }
  if (code.startsWith('JOURNAL')) {
    const sentence = `The auditor cannot take the journal of shard ${shard}: ${message}; restore it from a backup.`;
    return new PlatformError(code, EXIT_CORRUPT_JOURNAL, sentence);
  }
  return wantOfMemory('the auditor', message) ?? diedOf(message);
}

function diedOf(why: string): PlatformError {
  const sentence = `The auditor found a bug of ours; start again and report this: ${why}`;
  return new PlatformError('AUDITOR_DIED', EXIT_WORKER_DIED, sentence, true);
}

export class AuditorThread {
  /** Its code is loaded, which takes descriptors that connections may have later. Rejects when it dies before. */
  readonly loaded: Promise<void>;
  private readonly worker: Worker;
  private ending = false;

  /** `died`: called once, when the venue must end. */
  constructor(log: PlatformLog, died: (error: PlatformError) => void) {
    let told = false;
    let isLoaded: () => void = () => undefined;
    let isDead: (error: PlatformError) => void = () => undefined;
    this.loaded = new Promise((resolve, reject) => {
      isLoaded = resolve;
      isDead = reject;
    });
    // Who waits for it hears it there; who does not is told by `died`.
    this.loaded.catch(() => undefined);
    const fail = (error: PlatformError): void => {
      if (told || this.ending) return;
      told = true;
      isDead(error);
      died(error);
    };
    this.worker = new Worker(WORKER_FILE, { name: 'auditor' });
    this.worker.on('message', (message: AuditMessage) => {
      if (message.type === 'loaded') isLoaded();
      else if (message.type === 'fatal') fail(fatalOf(message));
      else if (message.type === 'bad-snapshot') warnOfSnapshot(log, message);
      else if (message.type === 'no-snapshot') {
        const { shard, why } = message;
        log.warn(
          { code: 'SNAPSHOT_FAILED', shard },
          `no snapshot of shard ${shard} could be written: ${why}; make room`,
        );
      } else if (message.type === 'retired') {
        const { shard, first, removed } = message;
        log.info(
          { shard, first, removed },
          `retired ${removed} segments of shard ${shard}: its journal begins with ${first}`,
        );
      } else if (message.type === 'archived') {
        const { shard, segment } = message;
        log.info({ shard, segment }, `archived segment ${segment} of shard ${shard}`);
      } else if (message.type === 'no-archive') {
        const { shard, why } = message;
        log.warn(
          { code: 'ARCHIVE_FAILED', shard },
          `nothing of shard ${shard} is archived: ${why}; it is tried again, and its journal only grows meanwhile`,
        );
      } else if (message.type === 'held') {
        const { shard, why } = message;
        log.warn(
          { code: 'SEGMENTS_HELD', shard },
          `no segment of shard ${shard} is retired: ${why}; the journal only grows until that is mended`,
        );
      } else {
        const { shard, command, bytes, ms } = message;
        log.info({ shard, command, bytes, ms: Math.round(ms) }, `snapshot of shard ${shard} up to command ${command}`);
      }
    });
    this.worker.on('error', (error) => fail(diedOf(error.message)));
    this.worker.on('exit', (code) => fail(diedOf(`it ended by itself with code ${code}`)));
  }

  /** What it is to follow, once. */
  begin(data: AuditorData): void {
    this.order({ type: 'begin', data });
  }

  /**
   * A port at which a thread may ask it (AuditorClient), from now on; answers come once it follows the shards. Who asks under
   * the same name later takes that place.
   */
  asker(name: string): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.order({ type: 'asker', name, port: port2 }, [port2]);
    return port1;
  }

  private order(order: AuditorOrder, transfer: MessagePort[] = []): void {
    this.worker.postMessage(order, transfer);
  }

  /** Ends it wherever it is. Resolves when it is gone. */
  async end(): Promise<void> {
    this.ending = true;
    await this.worker.terminate();
  }
}
