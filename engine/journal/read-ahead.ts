/**
 * A recovery's reading on a thread of its own: it reads a journal into shared memory and verifies all of it, checksums,
 * seals and what stands behind the end, while the shard's thread replays what was verified before, from the same memory.
 *
 *   reading thread   read, CRC-32, SHA-256 into window n+1, n+2 ...   waits while all windows are full
 *                        | message: memory, places of the records       ^ released: windows that were replayed
 *   shard's thread       v replays the records of window n -------------|
 *
 * Seals are checked behind records that are replayed already: when one is bad, the error comes in its place in the order
 * of the journal, and what was replayed is thrown away with the start, as with every other error. Nothing is written
 * before the end was handed over.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Disk } from './disk.js';
import { JournalError } from './journal-error.js';
import type { RecordPlace } from './places.js';
import { emptyRecord, fillRecord, type JournalRecord, type ReadWindows } from './reader.js';
import { RecordHeader } from './record.js';
import type { JournalIdentity } from './segments.js';
import { type FoundEnd, type JournalSource, OwnSource } from './source.js';

/** A longer record makes its window as long as itself. */
const WINDOW_BYTES = 1024 * 1024;
/** The replay is slow while its code is not compiled yet, and the reader goes ahead meanwhile: with 8 both wait more. */
const WINDOWS = 24;

/** Words of the memory that both threads count in. */
const POSTED = 0;
const RELEASED = 1;
/** The reading thread is gone. Whatever it posted can still be received. */
const GONE = 2;
/** The shard's thread has said where to begin. */
const BEGUN = 3;
const COUNTERS = 4;

const WORKER_FILE = new URL('./read-ahead-worker.js', import.meta.url);

/** The shard's end. */
export interface ReadAheadEnd {
  readonly counters: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** What the reading thread is started with. */
export interface ReadAheadTask extends ReadAheadEnd {
  readonly directory: string;
  readonly identity: JournalIdentity;
}

type ReadAheadMessage =
  | {
      readonly type: 'window';
      readonly memory: SharedArrayBuffer;
      readonly segment: number;
      /** Of the memory's first byte, in the segment. */
      readonly offset: number;
      /** Bytes of the memory at which a record begins. */
      readonly records: readonly number[];
    }
  | { readonly type: 'end'; readonly end: FoundEnd | null }
  | {
      readonly type: 'failed';
      readonly error: Error;
      /** Of a JournalError or the system. */
      readonly code: unknown;
      readonly place: { readonly file?: string; readonly offset?: number; readonly sequence?: number } | null;
    };

/** The thread as its owner sees it, whose event loop must turn: it tells the shard's end of the thread's death. */
export class ReadAheadThread {
  /** Its port goes to the shard's thread. */
  readonly shardEnd: ReadAheadEnd;
  readonly #worker: Worker;

  constructor(directory: string, identity: JournalIdentity) {
    const { port1, port2 } = new MessageChannel();
    const counters = new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT);
    this.shardEnd = { counters, port: port1 };
    const workerData: ReadAheadTask = { directory, identity, counters, port: port2 };
    this.#worker = new Worker(WORKER_FILE, { workerData, transferList: [port2], name: `read-ahead-${identity.shard}` });
    // Behind an error comes 'exit', and the shard that finds the thread gone says so.
    this.#worker.on('error', () => undefined);
    this.#worker.on('exit', () => {
      const words = new Int32Array(counters);
      Atomics.store(words, GONE, 1);
      Atomics.add(words, POSTED, 1);
      Atomics.notify(words, POSTED);
    });
  }

  /** Ends it wherever it is. Resolves when it is gone. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The reading thread's part: all of the journal, then its end or its error. */
export function readAhead(task: ReadAheadTask, disk: Disk): void {
  const windows = new FilledWindows(task);
  const source = new OwnSource(disk, task.directory, task.identity, windows);
  try {
    // No limit: when the shard's thread dies this one is ended.
    Atomics.wait(new Int32Array(task.counters), BEGUN, 0);
    const begin = receiveMessageOnPort(task.port) as { message: RecordPlace | null } | undefined;
    source.begin(begin?.message ?? null);
    for (let record = source.next(); record !== null; record = source.next()) {
      windows.note(record);
    }
    windows.post({ type: 'end', end: source.end() });
  } catch (error) {
    windows.post(failed(error));
  } finally {
    source.close();
    task.port.close();
  }
}

function failed(caught: unknown): ReadAheadMessage {
  const error = caught instanceof Error ? caught : new Error(String(caught));
  const code = 'code' in error ? error.code : undefined;
  if (!(error instanceof JournalError)) {
    return { type: 'failed', error, code, place: null };
  }
  const { file, offset, sequence } = error;
  const place = {
    ...(file === undefined ? {} : { file }),
    ...(offset === undefined ? {} : { offset }),
    ...(sequence === undefined ? {} : { sequence }),
  };
  return { type: 'failed', error: new Error(error.message), code, place };
}

/** The windows in the order of the journal: each is handed over when the reader claims the next one. */
class FilledWindows implements ReadWindows {
  readonly #counters: Int32Array;
  readonly #port: MessagePort;
  readonly #memories: SharedArrayBuffer[] = [];
  #claimed = 0;
  #segment = 0;
  #offset = 0;
  #records: number[] = [];

  constructor({ counters, port }: ReadAheadTask) {
    this.#counters = new Int32Array(counters);
    this.#port = port;
  }

  claim(bytes: number): SharedArrayBuffer {
    this.#handOver();
    // One that nothing was found in is claimed again.
    const slot = this.#claimed % WINDOWS;
    this.#waitUntilReleased(this.#claimed - WINDOWS + 1);
    let memory = this.#memories[slot];
    if (memory === undefined || memory.byteLength < bytes) {
      memory = new SharedArrayBuffer(Math.max(bytes, WINDOW_BYTES));
      this.#memories[slot] = memory;
    }
    return memory;
  }

  /** A record of the window that was claimed last. */
  note(record: JournalRecord): void {
    const at = record.at;
    this.#segment = record.segment;
    this.#offset = record.offset - at;
    this.#records.push(at);
  }

  /** Behind what is in the last window. */
  post(message: ReadAheadMessage): void {
    this.#handOver();
    this.#send(message);
  }

  #handOver(): void {
    const memory = this.#memories[this.#claimed % WINDOWS];
    if (memory === undefined || this.#records.length === 0) {
      return;
    }
    this.#claimed += 1;
    this.#send({ type: 'window', memory, segment: this.#segment, offset: this.#offset, records: this.#records });
    this.#records = [];
  }

  #send(message: ReadAheadMessage): void {
    this.#port.postMessage(message);
    Atomics.add(this.#counters, POSTED, 1);
    Atomics.notify(this.#counters, POSTED);
  }

  #waitUntilReleased(windows: number): void {
    for (;;) {
      const released = Atomics.load(this.#counters, RELEASED);
      if (released >= windows) {
        return;
      }
      // No limit: the thread that replays may take its time, and when it dies this one is ended.
      Atomics.wait(this.#counters, RELEASED, released);
    }
  }
}

/** The shard's end: hands out what the reading thread has verified, with the very errors that it met. */
export class ReadAheadSource implements JournalSource {
  readonly #counters: Int32Array;
  readonly #port: MessagePort;
  readonly #header = new RecordHeader();
  readonly #record = emptyRecord();
  #bytes: Uint8Array = new Uint8Array(0);
  #words: Int32Array = new Int32Array(0);
  #records: readonly number[] = [];
  #next = 0;
  #offset = 0;
  #end: FoundEnd | null = null;
  #hasEnded = false;

  constructor({ counters, port }: ReadAheadEnd) {
    this.#counters = new Int32Array(counters);
    this.#port = port;
  }

  begin(place: RecordPlace | null): void {
    this.#port.postMessage(place);
    Atomics.store(this.#counters, BEGUN, 1);
    Atomics.notify(this.#counters, BEGUN);
  }

  next(): JournalRecord | null {
    if (this.#next === this.#records.length && !this.#takeWindow()) {
      return null;
    }
    const at = this.#records[this.#next] ?? 0;
    this.#next += 1;
    this.#header.read(this.#words, at / 4);
    fillRecord(this.#record, this.#header, this.#bytes, this.#words, at);
    this.#record.offset = this.#offset + at;
    return this.#record;
  }

  end(): FoundEnd | null {
    return this.#end;
  }

  close(): void {
    this.#port.close();
  }

  /** False behind the last one. */
  #takeWindow(): boolean {
    if (this.#hasEnded) {
      return false;
    }
    if (this.#records.length > 0) {
      Atomics.add(this.#counters, RELEASED, 1);
      Atomics.notify(this.#counters, RELEASED);
    }
    const message = this.#receive();
    if (message.type === 'failed') {
      throw revived(message);
    }
    if (message.type === 'end') {
      this.#end = message.end;
      this.#hasEnded = true;
      return false;
    }
    this.#bytes = new Uint8Array(message.memory);
    this.#words = new Int32Array(message.memory);
    this.#records = message.records;
    this.#next = 0;
    this.#offset = message.offset;
    this.#record.segment = message.segment;
    return true;
  }

  #receive(): ReadAheadMessage {
    for (;;) {
      const posted = Atomics.load(this.#counters, POSTED);
      const gone = Atomics.load(this.#counters, GONE) === 1;
      const received = receiveMessageOnPort(this.#port) as { message: ReadAheadMessage } | undefined;
      if (received !== undefined) {
        return received.message;
      }
      if (gone) {
        throw new Error('The thread that reads the journal ahead has ended by itself.');
      }
      // No limit: a message or the thread's end comes.
      Atomics.wait(this.#counters, POSTED, posted);
    }
  }
}

function revived({ error, code, place }: Extract<ReadAheadMessage, { type: 'failed' }>): Error {
  return place === null
    ? Object.assign(error, code === undefined ? {} : { code })
    : JournalError.again(code as JournalError['code'], error.message, place);
}
