/**
 * What accounts have, for sessions that begin with it: asked of the auditor once for each session and shard, then sent in frames
 * of a bounded size by the catch-up (resume.ts). Gateway thread.
 */

import type { AuditorClient } from '../../engine/audit/questions.js';
import type { AccountState } from '../../engine/inspection/account-state.js';
import { EVENT_WORDS, MAX_FRAME_RECORDS } from '../../schemas/layout.js';
import { encodeSnapshot } from '../../schemas/snapshot-frame.js';
import { LIVE, type Session } from '../sessions/session.js';

/** Marks in a frame: 8 bytes each, so that all of it stays below a frame's limit. */
const MAX_FRAME_MARKS = 512;

/** A snapshot on its way to one session, frame by frame. */
export class SnapshotFrames {
  readonly state: AccountState;
  readonly #shard: number;
  readonly #epoch: number;
  readonly #parts: number;
  #next = 0;

  constructor(shard: number, epoch: number, state: AccountState) {
    this.state = state;
    this.#shard = shard;
    this.#epoch = epoch;
    const records = state.records.length / EVENT_WORDS;
    this.#parts = Math.max(1, Math.ceil(records / MAX_FRAME_RECORDS), Math.ceil(state.marks.length / MAX_FRAME_MARKS));
  }

  get isDone(): boolean {
    return this.#next === this.#parts;
  }

  /** The next frame. */
  next(): Uint8Array {
    const part = this.#next++;
    const { sequence, accountSequence, records, marks } = this.state;
    const [from, to] = [part * MAX_FRAME_RECORDS * EVENT_WORDS, (part + 1) * MAX_FRAME_RECORDS * EVENT_WORDS];
    return encodeSnapshot({
      type: 'Snapshot',
      shard: this.#shard,
      epoch: this.#epoch,
      sequence,
      accountSequence,
      part,
      parts: this.#parts,
      records: records.subarray(from, to),
      marks: [...marks.subarray(part * MAX_FRAME_MARKS, (part + 1) * MAX_FRAME_MARKS)],
    });
  }
}

/** What comes of a question; not within a pass. */
export interface SnapshotOutcome {
  arrived(session: Session, shard: number, state: AccountState): void;
  failed(session: Session, why: string): void;
}

export class AccountSnapshots {
  readonly #auditor: AuditorClient | null;
  readonly #outcome: SnapshotOutcome;

  constructor(auditor: AuditorClient | null, outcome: SnapshotOutcome) {
    this.#auditor = auditor;
    this.#outcome = outcome;
  }

  /** False: there is no auditor, and so nobody who knows. */
  get canAsk(): boolean {
    return this.#auditor !== null;
  }

  /** One of the outcomes follows, unless the session is closed by then. */
  want(session: Session, shard: number): void {
    this.#auditor?.ask('account', shard, { account: session.account }).then(
      (state) => {
        if (session.state === LIVE) this.#outcome.arrived(session, shard, state);
      },
      (error: unknown) => {
        if (session.state === LIVE)
          this.#outcome.failed(session, error instanceof Error ? error.message : String(error));
      },
    );
  }
}
