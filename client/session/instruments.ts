/**
 * What this client knows of the instruments: by id and by symbol. An instrument never goes and never changes its shard,
 * so what is known stays right; only the phase is as of the asking.
 */

import type { InstrumentFields } from '../../schemas/control.js';

export class InstrumentBook {
  private readonly byId = new Map<number, InstrumentFields>();
  private readonly idBySymbol = new Map<string, number>();

  add(instrument: InstrumentFields): void {
    this.byId.set(instrument.id, instrument);
    this.idBySymbol.set(instrument.symbol, instrument.id);
  }

  get(id: number): InstrumentFields | undefined {
    return this.byId.get(id);
  }

  bySymbol(symbol: string): InstrumentFields | undefined {
    const id = this.idBySymbol.get(symbol);
    return id === undefined ? undefined : this.byId.get(id);
  }

  all(): InstrumentFields[] {
    return [...this.byId.values()].sort((a, b) => a.id - b.id);
  }
}
