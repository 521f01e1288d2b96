/**
 * The TypeScript client of Tredye for browsers, in a window or a worker. Nothing that it imports needs Node.
 *
 *   const client = await TredyeClient.connect('wss://venue.example', { keyId: 7, privateKey: keptCryptoKey });
 *   client.onTrade((trade) => show(trade.price, trade.quantity));
 *   await client.subscribe(['trades']);
 */

import { type BrowserKey, browserSignerOf } from './browser/signer.js';
import { openBrowserSocket } from './browser/socket.js';
import { type ConnectOptions, sessionParts } from './connect-options.js';
import { NO_KEY } from './no-key.js';
import type { Signer } from './seams.js';
import { PublicSession } from './session/public-session.js';
import { TradingClient } from './trading-client.js';

export { PHASE_ROWS, type PhaseEffect, type PhaseRow } from '../schemas/phases.js';
export { putClientOrderId } from './commands.js';
export type { ConnectOptions } from './connect-options.js';
export type {
  AnyReport,
  PublicIndicative,
  PublicTop,
  PublicTrade,
  PublicTradeCorrected,
  PublicTradeVoid,
  Report,
} from './events.js';
export type { AccountSnapshot } from './session/account-snapshot.js';
export { NOT_READY, WINDOW_FULL } from './session/session.js';
export type { StatusMessage } from './session/session-events.js';
export { TredyeError } from './tredye-error.js';

export class TredyeClient extends TradingClient {
  /** As in Node: connects and logs on, or throws a TredyeError with one sentence. The signer may be the page's own. */
  static async connect(url: string, key: BrowserKey | Signer, options: ConnectOptions = {}): Promise<TredyeClient> {
    const signer = 'sign' in key ? key : await browserSignerOf(key);
    const client = new TredyeClient(...sessionParts(url, signer, openBrowserSocket, options));
    await client.open();
    return client;
  }
}

/** A client without a key, for public data alone. */
export class TredyeWatcher extends PublicSession {
  /**
   * It begins at once and goes on trying, from the first attempt on, until it is closed or the platform refuses it; what
   * happens is said by onStateChange and onRetry.
   */
  static watch(url: string, options: ConnectOptions = {}): TredyeWatcher {
    const forEver = { giveUpAfterMs: Number.POSITIVE_INFINITY, ...options };
    const watcher = new TredyeWatcher(...sessionParts(url, NO_KEY, openBrowserSocket, forEver));
    watcher.openInBackground();
    return watcher;
  }
}
