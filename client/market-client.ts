/**
 * The calls of a client that watches: instruments and public data. What trades builds on it; a page that only watches
 * does without the rest.
 */

import { Channel, StreamMode } from '../schemas/codes.js';
import type { InstrumentFields } from '../schemas/control.js';
import { Session } from './session.js';
import { TredyeError } from './tredye-error.js';

export type ChannelName = 'trades' | 'top';

function channelBits(channels: readonly ChannelName[]): number {
  let bits = 0;
  for (const channel of channels) bits |= channel === 'trades' ? Channel.Trades : Channel.Top;
  return bits;
}

export class MarketClient extends Session {
  /** All instruments, asked anew: the phases are as of now. */
  async instruments(): Promise<InstrumentFields[]> {
    return (await this.loadInstruments(0)).all();
  }

  async instrument(symbol: string): Promise<InstrumentFields> {
    const known = this.knownInstruments.bySymbol(symbol) ?? (await this.loadInstruments(0)).bySymbol(symbol);
    if (known === undefined) throw new TredyeError('UNKNOWN_SYMBOL', `There is no instrument ${symbol}.`);
    return known;
  }

  /** Public data, by onTrade and onTop. With no instruments named: all. frames: newest state every 16 ms instead of each. */
  async subscribe(
    channels: readonly ChannelName[],
    options: { readonly instruments?: readonly number[]; readonly frames?: boolean } = {},
  ): Promise<void> {
    const mode = options.frames === true ? StreamMode.Frame : StreamMode.Raw;
    await this.addSubscription(channelBits(channels), mode, options.instruments ?? []);
  }

  async unsubscribe(channels: readonly ChannelName[], instruments: readonly number[] = []): Promise<void> {
    await this.removeSubscription(channelBits(channels), instruments);
  }
}
