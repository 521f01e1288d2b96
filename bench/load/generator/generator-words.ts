/** What the bench's process and the generator's process say to one another over the IPC channel. Types alone. */

import type { SeenStream } from '../connections/order-session.js';
import type { ClosedLoopResult, OpenLoopResult } from './load-run.js';

export type LoadLevel = 'disk' | 'matched';

/** Whom the load goes to. */
export type LoadTarget =
  | { readonly kind: 'orders'; readonly url: string; readonly level: LoadLevel }
  | { readonly kind: 'echo'; readonly url: string }
  | { readonly kind: 'usual'; readonly url: string };

export type GeneratorOrder =
  /** Makes an instrument for the flow and so many members, by the operator's key; for all runs of kind orders. */
  | { readonly type: 'admit'; readonly url: string; readonly keyFile: string; readonly members: number }
  | {
      readonly type: 'open';
      readonly target: LoadTarget;
      readonly connections: number;
      /** Messages of one command a second. */
      readonly rate: number;
      readonly seconds: number;
      readonly warmSeconds: number;
      /** The generator sleeps so long before each batch: for the test of what finds that it lags. */
      readonly stallMs?: number;
      /** An answer that has not come so long after the last message is lost; by default 15 s. */
      readonly lostMs?: number;
    }
  | {
      readonly type: 'closed';
      readonly target: LoadTarget;
      readonly connections: number;
      readonly perFrame: number;
      readonly commands: number;
      readonly warmCommands: number;
      /** Frames of one connection. */
      readonly unanswered: number;
    };

export interface OpenAnswer {
  readonly type: 'open';
  readonly result: OpenLoopResult;
  /** What each session saw, for journal-check.ts; none of other targets. */
  readonly streams: readonly SeenStream[];
}

export interface ClosedAnswer {
  readonly type: 'closed';
  readonly result: ClosedLoopResult;
  readonly streams: readonly SeenStream[];
}

export type GeneratorAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'admitted'; readonly instrument: number }
  | OpenAnswer
  | ClosedAnswer
  | { readonly type: 'failed'; readonly why: string };
