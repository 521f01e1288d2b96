/**
 * The second thread of the flow benchmark: empties the output ring into memory of its own while the clock runs. When
 * the player has made its last event the copy, and nothing else, is turned into report lines and hashed.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { OutputReader, UP_TO_DURABLE } from '../../engine/ring/output-reader.js';
import { planFlow } from '../../proof/recordings/flow-plan.js';
import { FlowReports } from '../../proof/recordings/flow-reports.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import {
  FLOW_EVENTS,
  FLOW_FINAL,
  FLOW_READER,
  FLOW_ROOM,
  type FlowReaderData,
  type FlowReaderResult,
  READER_HAS_ALL,
  READER_JOINED,
} from './flow-words.js';

const CHUNK_EVENTS = 1 << 17;
/** The ring holds what the fastest player makes in some milliseconds, so nobody waits for this. */
const NAP_MS = 0.5;

const data = workerData as FlowReaderData;
const words = new Int32Array(data.words);

/** Takes everything; returns whole chunks, the last one partly filled, and the number of events. */
function takeAll(): { chunks: Int32Array[]; events: number } {
  const reader = new OutputReader(data.output, 0);
  if (reader.join(0) !== 0) {
    throw new Error('The reader of the flow could not join the ring at its beginning.');
  }
  // Memory that was never touched would be claimed page by page while the clock runs.
  const spare: Int32Array[] = [];
  for (let events = 0; events < data.preparedEvents; events += CHUNK_EVENTS) {
    spare.push(new Int32Array(CHUNK_EVENTS * EVENT_WORDS).fill(1));
  }
  let chunk = spare.pop() ?? new Int32Array(CHUNK_EVENTS * EVENT_WORDS);
  const chunks = [chunk];
  let filled = 0;
  Atomics.store(words, FLOW_READER, READER_JOINED);
  Atomics.notify(words, FLOW_READER);
  for (;;) {
    if (filled === CHUNK_EVENTS) {
      chunk = spare.pop() ?? new Int32Array(CHUNK_EVENTS * EVENT_WORDS);
      chunks.push(chunk);
      filled = 0;
    }
    const count = reader.read(chunk, filled * EVENT_WORDS, CHUNK_EVENTS - filled, UP_TO_DURABLE);
    if (count < 0) {
      throw new Error(`The reader of the flow lost its place in the ring (${count}).`);
    }
    filled += count;
    if (count > 0) {
      Atomics.notify(words, FLOW_ROOM);
    }
    const events = (chunks.length - 1) * CHUNK_EVENTS + filled;
    if (Atomics.load(words, FLOW_FINAL) === 1 && events === Atomics.load(words, FLOW_EVENTS)) {
      Atomics.store(words, FLOW_READER, READER_HAS_ALL);
      Atomics.notify(words, FLOW_READER);
      return { chunks, events };
    }
    if (count === 0) {
      Atomics.wait(words, FLOW_FINAL, 0, NAP_MS);
    }
  }
}

async function judge(chunks: readonly Int32Array[], events: number): Promise<FlowReaderResult> {
  const reports = data.path === '' ? undefined : new FlowReports(await planFlow(data.path));
  let checksum = 0;
  let left = events;
  for (const chunk of chunks) {
    const here = Math.min(left, CHUNK_EVENTS);
    left -= here;
    checksum = crc32(new Uint8Array(chunk.buffer, 0, here * EVENT_WORDS * 4), checksum);
    for (let event = 0; reports !== undefined && event < here; event += 1) {
      reports.event(chunk, event * EVENT_WORDS);
    }
  }
  return { events, checksum, hash: reports?.finish() ?? '', lines: reports?.lines ?? 0 };
}

const { chunks, events } = takeAll();
parentPort?.postMessage(await judge(chunks, events));
