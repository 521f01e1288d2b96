/**
 * From a connection to a live session: challenge, signature, SessionOpen in every shard, answer. Gateway thread; the
 * signatures are checked on Node's pool, a few at a time, because each would hold up orders by 70 µs.
 *
 * A nonce is used once, whatever comes of it. The answer goes out when the opening is durable in all shards: from there
 * on nothing that an older session of the lane left in any ring can happen any more, and the points say where "there" is.
 */

import { createHash, type KeyObject, verify } from 'node:crypto';
import { CLOSE_CODES, type CloseCode } from '../../schemas/close-codes.js';
import { AckLevel, Reason, Right } from '../../schemas/codes.js';
import {
  decodeLogonTerms,
  type LogonMessage,
  type LogonTermsFields,
  type ShardPointFields,
} from '../../schemas/control.js';
import {
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_CLIENT_ORDER_ID,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  joinWords,
} from '../../schemas/layout.js';
import { logonMessage, MAX_GRACE_SECONDS, PROTOCOL_VERSION } from '../../schemas/logon.js';
import { type Directory, type Key, keyObjectOf } from '../directory.js';
import type { ShardLink } from '../orders/shard-link.js';
import type { OpeningWatch } from '../reports/report-path.js';
import type { GatewaySettings } from '../worker-data.js';
import type { PublicSessions } from './access.js';
import { CHALLENGED, OPENING, type Session, VERIFYING } from './session.js';
import type { SessionTable } from './session-table.js';

/** Checks a signature somewhere else and calls back, on this thread, later. */
export type Verify = (
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
  done: (right: boolean) => void,
) => void;

/** On Node's pool. A failure of the check itself is a signature that is not right. */
export const VERIFY_ON_POOL: Verify = (message, key, signature, done) => {
  verify(null, message, key, signature, (error, right) => done(error === null && right));
};

/** What happens to a session, decided here and done by its owner. */
export interface LogonOutcome {
  /** Tells why and closes the connection. */
  refuse(session: Session, code: CloseCode, reason: number, text: string): void;
  close(session: Session, code: CloseCode, text: string): void;
  /** All shards have it. Not within a pass. */
  live(session: Session): void;
  /** A session without a key may begin. */
  livePublic(session: Session): void;
  /** A SessionOpened of any gateway is durable. */
  opened(account: number, lane: number, incarnation: number): void;
}

/** LogonTerms.key_id of a session without a key. */
const NO_KEY = 0;

interface Check {
  readonly session: Session;
  readonly key: Key;
  readonly terms: LogonTermsFields;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

export class Logon implements OpeningWatch {
  opening = 0;

  readonly #venue: string;
  readonly #settings: GatewaySettings;
  readonly #directory: Directory;
  readonly #table: SessionTable;
  readonly #links: readonly ShardLink[];
  readonly #incarnation: Int32Array;
  readonly #publicSessions: PublicSessions;
  readonly #verify: Verify;
  readonly #outcome: LogonOutcome;
  readonly #waiting: Check[] = [];
  #checking = 0;
  /** Opened in all shards since the last `settle`. */
  readonly #opened: Session[] = [];

  /** `incarnation`: the shared word that gives them. */
  constructor(
    venue: string,
    settings: GatewaySettings,
    directory: Directory,
    table: SessionTable,
    links: readonly ShardLink[],
    incarnation: SharedArrayBuffer,
    publicSessions: PublicSessions,
    verifySignature: Verify,
    outcome: LogonOutcome,
  ) {
    this.#venue = venue;
    this.#settings = settings;
    this.#directory = directory;
    this.#table = table;
    this.#links = links;
    this.#incarnation = new Int32Array(incarnation);
    this.#publicSessions = publicSessions;
    this.#verify = verifySignature;
    this.#outcome = outcome;
  }

  /** The client's Logon. `ready`: all shards' events are followed, so an opening can be seen. */
  take(session: Session, logon: LogonMessage, ready: boolean): void {
    const { nonce } = session;
    if (session.state !== CHALLENGED || nonce === null) {
      this.#refuse(session, Reason.NotAllowed, 'a connection logs on once');
      return;
    }
    session.nonce = null;
    if (!ready || this.#waiting.length >= this.#settings.verifyQueue) {
      this.#outcome.refuse(session, CLOSE_CODES.NOT_READY, Reason.NotReady, 'too many logons at once: try again later');
      return;
    }
    const terms = decodeLogonTerms(logon.terms);
    if (typeof terms === 'number') {
      this.#refuse(session, terms, 'the terms are no LogonTerms');
      return;
    }
    if (terms.version !== PROTOCOL_VERSION) {
      const text = `version ${PROTOCOL_VERSION} is spoken here, not ${terms.version}`;
      this.#outcome.refuse(session, CLOSE_CODES.VERSION, Reason.NotAllowed, text);
      return;
    }
    const wrong = this.#wrongTerms(terms);
    if (wrong !== '') {
      this.#refuse(session, Reason.BadPayload, wrong);
      return;
    }
    if (session.isHttp && (terms.resume.length > 0 || terms.snapshot === true)) {
      this.#refuse(session, Reason.BadPayload, 'an HTTP session has no stream to resume');
      return;
    }
    if (terms.keyId === NO_KEY) {
      this.#takePublic(session, logon, terms);
      return;
    }
    const key = this.#directory.key(terms.keyId);
    if (key === undefined) {
      this.#refuse(session, Reason.UnknownKey, 'no such key');
      return;
    }
    const hash = createHash('sha256').update(logon.terms).digest();
    const message = logonMessage(this.#venue, nonce, terms.keyId, hash);
    session.state = VERIFYING;
    this.#waiting.push({ session, key, terms, message, signature: logon.signature });
    this.#checkNext();
  }

  sessionOpened(shard: number, events: Int32Array, at: number): void {
    const incarnation = (events[at + EVENT_SESSION] as number) >>> 0;
    const account = (events[at + EVENT_ACCOUNT] as number) >>> 0;
    const lane = (events[at + EVENT_CLIENT_ORDER_ID + 1] as number) >>> 16;
    this.#outcome.opened(account, lane, incarnation);
    const ofLane = this.#table.ofLane(account, lane);
    if (ofLane !== undefined) {
      for (const older of [...ofLane]) {
        if (((older.incarnation - incarnation) | 0) < 0) {
          this.#outcome.close(older, CLOSE_CODES.SUPERSEDED, 'a newer session of this lane took over');
        }
      }
    }
    const session = this.#table.byIncarnation.get(incarnation);
    const stream = session?.shards[shard];
    if (session === undefined || stream === undefined || session.state !== OPENING || stream.openedAt !== 0) return;
    stream.openedAt = joinWords(events[at + EVENT_SEQUENCE] as number, events[at + EVENT_SEQUENCE + 1] as number);
    stream.openedAccountSequence = (events[at + EVENT_ACCOUNT_SEQUENCE] as number) >>> 0;
    session.openedCount++;
    if (session.openedCount === this.#links.length) this.#opened.push(session);
  }

  openingRefused(session: Session, reason: number): void {
    if (reason === Reason.StaleIncarnation) {
      this.#outcome.close(session, CLOSE_CODES.SUPERSEDED, 'a newer session of this lane took over');
    } else if (reason === Reason.UnknownAccount) {
      // The key is in shard 0's durable log, so the account exists: another shard has not been given it yet.
      const text = 'not every shard knows the account yet: try again';
      this.#outcome.refuse(session, CLOSE_CODES.NOT_READY, Reason.NotReady, text);
    } else {
      this.#refuse(session, reason, 'the session could not be opened');
    }
  }

  /** Makes live what opened in the passes before. Not within a pass. */
  settle(): void {
    if (this.#opened.length === 0) return;
    for (const session of this.#opened.splice(0)) if (session.state === OPENING) this.#outcome.live(session);
  }

  /** Where a live session stands in each shard: what its logon is answered. */
  pointsOf(session: Session, epochOf: (shard: number) => number): ShardPointFields[] {
    return session.shards.map(({ openedAt, openedAccountSequence }, shard) => ({
      shard,
      epoch: epochOf(shard),
      sequence: openedAt,
      accountSequence: openedAccountSequence,
    }));
  }

  #takePublic(session: Session, logon: LogonMessage, terms: LogonTermsFields): void {
    if (session.isHttp) {
      this.#refuse(session, Reason.NotAllowed, 'public data needs no logon over HTTP: an order needs a key');
      return;
    }
    if (
      logon.signature.length > 0 ||
      terms.resume.length > 0 ||
      terms.snapshot === true ||
      terms.cancelAfterSeconds !== undefined
    ) {
      this.#refuse(session, Reason.BadPayload, 'without a key there is nothing to sign, to resume or to cancel');
      return;
    }
    if (!this.#publicSessions.allowed) {
      this.#refuse(session, Reason.NotAllowed, 'nobody may watch here without a key');
      return;
    }
    if (!this.#publicSessions.enter()) {
      const text = 'as many watch without a key as may: try again later';
      this.#outcome.refuse(session, CLOSE_CODES.NOT_READY, Reason.NotReady, text);
      return;
    }
    session.isPublic = true;
    session.rights = Right.Read;
    session.ackLevel = AckLevel.Disk;
    session.heartbeatMs = terms.heartbeatSeconds * 1000;
    this.#outcome.livePublic(session);
  }

  #refuse(session: Session, reason: number, text: string): void {
    this.#outcome.refuse(session, CLOSE_CODES.LOGON_REFUSED, reason, text);
  }

  /** What is wrong with the terms, '' when nothing is. */
  #wrongTerms(terms: LogonTermsFields): string {
    const { heartbeatSecondsMin, heartbeatSecondsMax } = this.#settings;
    if (terms.heartbeatSeconds < heartbeatSecondsMin || terms.heartbeatSeconds > heartbeatSecondsMax) {
      return `heartbeats are ${heartbeatSecondsMin} to ${heartbeatSecondsMax} seconds apart`;
    }
    if ((terms.cancelAfterSeconds ?? 0) > MAX_GRACE_SECONDS) {
      return `orders stay at most ${MAX_GRACE_SECONDS} seconds behind a disconnect`;
    }
    const shards = new Set(terms.resume.map(({ shard }) => shard));
    if (shards.size !== terms.resume.length) return 'two resume points name one shard';
    if (terms.resume.some(({ shard }) => shard >= this.#links.length)) return 'a resume point names no shard of ours';
    return '';
  }

  #checkNext(): void {
    while (this.#checking < this.#settings.verifyAtOnce) {
      const check = this.#waiting.shift();
      if (check === undefined) return;
      // It may be gone by now; nobody waits for its check.
      if (check.session.state !== VERIFYING) continue;
      this.#checking++;
      this.#verify(check.message, keyObjectOf(check.key), check.signature, (right) => {
        this.#checking--;
        this.#checked(check, right);
        this.#checkNext();
      });
    }
  }

  #checked({ session, key, terms }: Check, right: boolean): void {
    if (session.state !== VERIFYING) return;
    if (!right) {
      this.#refuse(session, Reason.NotAllowed, 'the signature is not right');
    } else if (key.revoked) {
      this.#outcome.refuse(session, CLOSE_CODES.KEY_REVOKED, Reason.KeyRevoked, 'the key is revoked');
    } else {
      this.#open(session, key, terms);
    }
  }

  #open(session: Session, key: Key, terms: LogonTermsFields): void {
    session.account = key.account;
    session.keyId = key.id;
    session.rights = key.rights;
    session.lane = terms.lane;
    session.ackLevel = session.isHttp ? AckLevel.Disk : terms.ackLevel;
    session.matched = session.ackLevel === AckLevel.Matched;
    session.heartbeatMs = terms.heartbeatSeconds * 1000;
    session.resume = terms.resume;
    session.wantsSnapshot = terms.snapshot === true;
    session.incarnation = Atomics.add(this.#incarnation, 0, 1) >>> 0;
    session.state = OPENING;
    this.opening++;
    this.#table.open(session);
    const { account, lane, incarnation } = session;
    for (const link of this.#links) link.openSession(account, lane, incarnation, terms.cancelAfterSeconds);
  }
}
