/** What a random sequence of commands is: its seed, its limits, its commands. Any thread. */

/** The limits that a scenario sets; the engine's other limits stay as they are. */
export interface ScenarioLimits {
  readonly maxOrders: number;
  readonly maxStops: number;
  readonly maxSpecialOrders: number;
  readonly maxLevels: number;
  readonly maxInstruments: number;
  readonly maxAccounts: number;
  readonly maxKeys: number;
  readonly maxAssets: number;
  readonly maxPurses: number;
  readonly maxHoldings: number;
  readonly maxLanes: number;
  readonly maxLanesPerAccount: number;
  readonly maxOperations: number;
  readonly maxEventsPerCommand: number;
  readonly laneAnswers: number;
  readonly adminLogBytes: number;
  readonly ladderWindows: number;
  readonly ladderTicks: number;
}

export interface RandomCommand {
  /** Place in the sequence as it was generated; kept when others are taken out. */
  readonly index: number;
  /** The record, and its Parts if it has any. */
  readonly words: Int32Array;
  /** The target word is the order id that the New with this index was given; -1: the words say it themselves. */
  readonly targetOf: number;
}

export interface Scenario {
  readonly seed: number;
  readonly shard: number;
  readonly shardCount: number;
  readonly limits: ScenarioLimits;
  readonly commands: readonly RandomCommand[];
}
