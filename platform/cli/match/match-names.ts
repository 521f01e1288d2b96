/**
 * What lines and expectations of `tredye match` call accounts, assets, instruments and orders, and which numbers the
 * engine gave them. Any thread.
 */

/** The account that the venue's purses belong to. */
export const VENUE = 'venue';

export class MatchNames {
  private readonly accounts = new Map<string, number>();
  private readonly instruments = new Map<string, number>();
  private readonly assets = new Map<string, number>();
  /** Order ids by account, lane and the counter that they were entered by. */
  private readonly entered = new Map<string, string>();

  /** Of accounts with one name the first is meant. */
  addAccount(name: string, account: number): void {
    if (!this.accounts.has(name)) this.accounts.set(name, account);
  }

  addInstrument(symbol: string, instrument: number): void {
    this.instruments.set(symbol, instrument);
  }

  addAsset(name: string): void {
    this.assets.set(name, this.assets.size + 1);
  }

  addOrder(account: unknown, lane: unknown, id: unknown, orderId: unknown): void {
    this.entered.set(`${account}/${lane}#${id}`, String(orderId));
  }

  /** An account that a line has added, or was made for; undefined: there is none. */
  accountNamed(name: string): number | undefined {
    return this.accounts.get(name);
  }

  /** An account by name or number, also the venue itself; undefined: there is none. */
  accountNumber(named: unknown): number | undefined {
    if (named === VENUE) return 0;
    return typeof named === 'number' ? named : this.accounts.get(String(named));
  }

  accountName(account: unknown): string {
    const found = [...this.accounts].find(([, number]) => number === account);
    return account === 0 ? 'nobody' : (found?.[0] ?? String(account));
  }

  /** An asset by name or number; undefined: there is none. */
  assetNumber(named: unknown): number | undefined {
    return typeof named === 'number' ? named : this.assets.get(String(named));
  }

  assetName(asset: unknown): string {
    return [...this.assets].find(([, number]) => number === asset)?.[0] ?? String(asset);
  }

  hasInstruments(): boolean {
    return this.instruments.size > 0;
  }

  hasInstrument(instrument: number): boolean {
    return instrument >= 1 && instrument <= this.instruments.size;
  }

  /** An instrument by symbol or number, the first by default; undefined: there is none. */
  instrumentNumber(named: unknown = 1): number | undefined {
    return typeof named === 'number' ? named : this.instruments.get(String(named));
  }

  instrumentName(instrument: unknown): string {
    return [...this.instruments].find(([, number]) => number === instrument)?.[0] ?? String(instrument);
  }

  /** The order id of what was entered by an id, as a decimal text; undefined: nothing was. */
  orderIdOf(account: number | undefined, lane: number, id: number): string | undefined {
    return this.entered.get(`${account}/${lane}#${id}`);
  }

  /** The id that an order was entered by, with account and lane, like alice/3#1; its order id where nobody knows. */
  enteredAs(orderId: unknown): string {
    const [place] = [...this.entered].find(([, entered]) => entered === orderId) ?? [];
    const [, account, rest] = /^(\d+)(\/\d+#\d+)$/.exec(place ?? '') ?? [];
    return account === undefined ? String(orderId) : `${this.accountName(Number(account))}${rest}`;
  }
}
