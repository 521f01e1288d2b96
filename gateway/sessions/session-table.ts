/**
 * Who is connected to this gateway, by everything that sessions are looked up by. Gateway thread.
 * Bounded by settings.maxSessions: each connection is in each map at most once.
 */

import type { Session } from './session.js';

/** The live sessions of one account, and where the account's private stream stands in each shard. */
export class AccountStream {
  readonly sessions: Session[] = [];
  /** The last durable private event, by shard. */
  readonly lastSequence: Float64Array;
  readonly lastAccountSequence: Uint32Array;

  constructor(shardCount: number) {
    this.lastSequence = new Float64Array(shardCount);
    this.lastAccountSequence = new Uint32Array(shardCount);
  }
}

const LANES = 65_536;

export class SessionTable {
  /** All connections that are not CLOSED. */
  readonly all = new Set<Session>();
  readonly byIncarnation = new Map<number, Session>();
  readonly #byAccount = new Map<number, AccountStream>();
  readonly #byLane = new Map<number, Set<Session>>();
  readonly #byKey = new Map<number, Set<Session>>();
  readonly #shardCount: number;

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
  }

  /** The account's stream while one of its sessions is opening or live; undefined otherwise. */
  stream(account: number): AccountStream | undefined {
    return this.#byAccount.get(account);
  }

  ofLane(account: number, lane: number): ReadonlySet<Session> | undefined {
    return this.#byLane.get(account * LANES + lane);
  }

  ofKey(keyId: number): ReadonlySet<Session> | undefined {
    return this.#byKey.get(keyId);
  }

  /** A session that got its incarnation. From here on its account's events are looked at. */
  open(session: Session): void {
    this.byIncarnation.set(session.incarnation, session);
    addTo(this.#byLane, session.account * LANES + session.lane, session);
    addTo(this.#byKey, session.keyId, session);
    let stream = this.#byAccount.get(session.account);
    if (stream === undefined) {
      stream = new AccountStream(this.#shardCount);
      this.#byAccount.set(session.account, stream);
    }
    stream.sessions.push(session);
  }

  /** A session that is CLOSED now. */
  close(session: Session): void {
    this.all.delete(session);
    if (session.incarnation === 0) return;
    this.byIncarnation.delete(session.incarnation);
    removeFrom(this.#byLane, session.account * LANES + session.lane, session);
    removeFrom(this.#byKey, session.keyId, session);
    const stream = this.#byAccount.get(session.account);
    if (stream === undefined) return;
    const at = stream.sessions.indexOf(session);
    if (at >= 0) stream.sessions.splice(at, 1);
    if (stream.sessions.length === 0) this.#byAccount.delete(session.account);
  }
}

function addTo(map: Map<number, Set<Session>>, key: number, session: Session): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([session]));
  else set.add(session);
}

function removeFrom(map: Map<number, Set<Session>>, key: number, session: Session): void {
  const set = map.get(key);
  set?.delete(session);
  if (set?.size === 0) map.delete(key);
}
