/**
 * The TypeScript client of Tredye for Node. In browsers it is browser.ts; the two differ in sockets and keys only.
 *
 *   const client = await TredyeClient.connect('ws://127.0.0.1:7400', readKeyFile('data/admin-key.json'));
 *   const report = await client.place({ symbol: 'ACME', side: 'Buy', price: 100, quantity: 5 });
 */

import { type ConnectOptions, sessionParts } from './connect-options.js';
import { type KeyGiven, signerOf } from './node/signer.js';
import { openNodeSocket } from './node/socket.js';
import type { Signer } from './seams.js';
import { TradingClient } from './trading-client.js';

export { PHASE_ROWS, type PhaseEffect, type PhaseRow } from '../schemas/phases.js';
export { type MassCancelTerms, putClientOrderId } from './commands.js';
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
export { NO_KEY } from './no-key.js';
export { readKeyFile } from './node/signer.js';
export type { AccountSnapshot } from './session/account-snapshot.js';
export { NOT_READY, WINDOW_FULL } from './session/session.js';
export type { StatusMessage } from './session/session-events.js';
export { TredyeError } from './tredye-error.js';

export class TredyeClient extends TradingClient {
  /**
   * Connects and logs on. Throws a TredyeError with one sentence: a wrong address, nothing there, a wrong key. What is
   * listened to right behind it, before anything else is awaited, hears all that comes, replayed events included.
   */
  static async connect(url: string, key: KeyGiven | Signer, options: ConnectOptions = {}): Promise<TredyeClient> {
    const signer = 'sign' in key ? key : signerOf(key);
    const client = new TredyeClient(...sessionParts(url, signer, openNodeSocket, options));
    await client.open();
    return client;
  }
}
