/**
 * Entry of a gateway thread. Started by the supervisor with a GatewayStart; says GatewayMessages, hears GatewayOrders.
 * Nobody imports it.
 *
 * A thread that ends while uWebSockets.js has sockets aborts the whole process, so every way out closes the app first.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { RealDisk } from '../engine/journal/disk.js';
import { JournalError } from '../engine/journal/journal-error.js';
import { MetricWords } from '../engine/metrics/metric-words.js';
import { watchThread } from '../engine/metrics/thread-watch.js';
import { nameThread } from '../engine/thread-name.js';
import { GatewayApp, GatewayFatal } from './app.js';
import { SYSTEM_CLOCK } from './clock.js';
import { VERIFY_ON_POOL } from './sessions/logon.js';
import { loadUws, UwsUnavailableError } from './uws.js';
import { warmUpGateway } from './warm-up.js';
import type { GatewayMessage, GatewayOrder, GatewayRemains, GatewayStart, GatewayWorkerData } from './worker-data.js';

const port = parentPort;
if (isMainThread || port === null) throw new Error('gateway/worker.js runs as a worker thread of the platform only.');
const { index } = workerData as GatewayStart;
nameThread(`gateway-${index}`);
let app: GatewayApp | null = null;
let ending = false;
/** It has listened. */
let serves = false;

function post(message: GatewayMessage): void {
  port?.postMessage(message);
}

function describe(error: unknown): GatewayMessage {
  const remains = null;
  if (error instanceof GatewayFatal) return { type: 'fatal', code: error.code, message: error.message, remains };
  if (error instanceof UwsUnavailableError) {
    return { type: 'fatal', code: 'UWS_UNAVAILABLE', message: error.message, remains };
  }
  if (error instanceof JournalError) {
    // A disk that cannot be read now is no damage.
    const code = error.code === 'JOURNAL_READ' ? 'JOURNAL_READ' : 'JOURNAL';
    return { type: 'fatal', code, message: `${error.code}: ${error.message}`, remains };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { type: 'fatal', code: 'BUG', message: stack, remains: remainsOf() };
}

/** Null when it never served, or what threw has left its tables so that they cannot be read. */
function remainsOf(): GatewayRemains | null {
  if (!serves) return null;
  try {
    return app?.gateway.remains() ?? null;
  } catch {
    return null;
  }
}

/** Sockets first, then the word to the supervisor, then the end of the thread. */
function die(error: unknown): void {
  if (ending) return;
  ending = true;
  app?.close();
  post(describe(error));
  // The message leaves with the port; nothing of ours keeps the loop alive.
  port?.close();
  setImmediate(() => process.exit(1));
}

process.on('uncaughtException', die);

async function stop(): Promise<void> {
  if (ending) return;
  ending = true;
  await app?.stop();
  post({ type: 'stopped' });
  port?.close();
  setImmediate(() => process.exit(0));
}

async function serve(data: GatewayWorkerData): Promise<void> {
  const { uws } = loadUws();
  // This thread's connections are not to take the descriptor that it waits for.
  const disk = new RealDisk(() => app?.accept(false));
  const seams = { clock: SYSTEM_CLOCK, disk, verify: VERIFY_ON_POOL };
  app = new GatewayApp(uws, data, seams, post, die);
  const words = data.metrics.gateways[index];
  if (words !== undefined) watchThread(new MetricWords(words));
  const listeningOn = await app.start();
  serves = true;
  post({ type: 'listening', port: listeningOn });
}

port.on('message', (order: GatewayOrder) => {
  if (order.type === 'stop') stop().catch(die);
  else if (ending) return;
  else if (order.type === 'serve') serve(order.data).catch(die);
  else app?.accept(order.open);
});

try {
  // While the shards recover: nothing is to be served yet.
  loadUws();
  warmUpGateway();
} catch (error) {
  die(error);
}
