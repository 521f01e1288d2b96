/**
 * Control messages as plain objects: everything between client and gateway that is not hot. Encoding goes through the
 * generated code; decoding verifies every byte first, so that it never throws and never reads outside. Any thread; cold.
 * Times are microseconds since 1970, sequences and epochs as in ids.ts; 64-bit numbers are exact doubles, and one above
 * 2^53 - 1 is refused.
 */

import { Builder, ByteBuffer, type Offset } from 'flatbuffers';
import { AckLevel, type Phase, Reason, StreamMode } from './codes.js';
import { verifyControlFrame, verifyLogonTerms } from './control-verifier.js';
import { Challenge } from './generated/challenge.js';
import { ControlBody } from './generated/control-body.js';
import { ControlFrame } from './generated/control-frame.js';
import { Heartbeat } from './generated/heartbeat.js';
import { InstrumentInfo } from './generated/instrument-info.js';
import { Instruments } from './generated/instruments.js';
import { InstrumentsRequest } from './generated/instruments-request.js';
import { Logon } from './generated/logon.js';
import { LogonAnswer } from './generated/logon-answer.js';
import { LogonTerms } from './generated/logon-terms.js';
import { PageSample } from './generated/page-sample.js';
import { Refused } from './generated/refused.js';
import { ResumePoint } from './generated/resume-point.js';
import { Resumed } from './generated/resumed.js';
import { RolledBack } from './generated/rolled-back.js';
import { ShardPoint } from './generated/shard-point.js';
import { Snapshot } from './generated/snapshot.js';
import { Status } from './generated/status.js';
import { Subscribe } from './generated/subscribe.js';
import { Subscribed } from './generated/subscribed.js';
import { Unsubscribe } from './generated/unsubscribe.js';
import { EVENT_BYTES, EVENT_WORDS, MAX_FRAME_BYTES } from './layout.js';
import { NONCE_BYTES, SIGNATURE_BYTES } from './logon.js';

export interface ResumePointFields {
  readonly shard: number;
  readonly epoch: number;
  /** The last private event that was seen. */
  readonly sequence: number;
}

export interface ShardPointFields {
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  /** The last one given, modulo 2^32. */
  readonly accountSequence: number;
}

export interface LogonTermsFields {
  readonly version: number;
  readonly keyId: number;
  readonly lane: number;
  readonly ackLevel: AckLevel;
  readonly heartbeatSeconds: number;
  readonly resume: readonly ResumePointFields[];
  /** Cancel on disconnect, after so many seconds; left out: the lane's orders stay. */
  readonly cancelAfterSeconds?: number;
  /** Begin with a Snapshot of each shard that `resume` does not name. */
  readonly snapshot?: boolean;
}

export interface InstrumentFields {
  readonly id: number;
  readonly shard: number;
  readonly symbol: string;
  readonly priceMin: number;
  readonly priceMax: number;
  readonly quantityMax: number;
  readonly unit: number;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly phase: Phase;
}

export interface ChallengeMessage {
  readonly type: 'Challenge';
  readonly version: number;
  readonly venue: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}
export interface LogonMessage {
  readonly type: 'Logon';
  /** Made by encodeLogonTerms; the signature covers their SHA-256. */
  readonly terms: Uint8Array;
  /** 64 bytes; none of a public session, whose terms name no key. */
  readonly signature: Uint8Array;
}
export interface LogonAnswerMessage {
  readonly type: 'LogonAnswer';
  readonly account: number;
  readonly lane: number;
  readonly incarnation: number;
  /** Bits of Right. */
  readonly rights: number;
  readonly heartbeatSeconds: number;
  readonly window: number;
  readonly points: readonly ShardPointFields[];
}
export interface RolledBackMessage extends ResumePointFields {
  readonly type: 'RolledBack';
}
export interface ResumedMessage extends ResumePointFields {
  readonly type: 'Resumed';
}
export interface SubscribeMessage {
  readonly type: 'Subscribe';
  readonly request: number;
  /** Bit 0 trades, bit 1 top. */
  readonly channels: number;
  readonly mode: StreamMode;
  /** None: all. */
  readonly instruments: readonly number[];
}
export interface UnsubscribeMessage {
  readonly type: 'Unsubscribe';
  readonly request: number;
  readonly channels: number;
  readonly instruments: readonly number[];
}
export interface SubscribedMessage {
  readonly type: 'Subscribed';
  readonly request: number;
  /** How many instruments are subscribed now. */
  readonly instruments: number;
}
export interface InstrumentsRequestMessage {
  readonly type: 'InstrumentsRequest';
  readonly request: number;
  /** Only ids above it. */
  readonly after: number;
}
export interface InstrumentsMessage {
  readonly type: 'Instruments';
  readonly request: number;
  readonly more: boolean;
  readonly instruments: readonly InstrumentFields[];
  /** By shard: how many durable admin records it has applied. */
  readonly applied: readonly number[];
  /** Sequence of shard 0's event up to which its own were counted. */
  readonly countedTo: number;
}
export interface HeartbeatMessage {
  readonly type: 'Heartbeat';
  readonly timeUs: number;
  readonly marks: readonly ShardPointFields[];
  /** Of a client: timeUs of the gateway's last heartbeat; 0: none came yet, or it is the gateway's own. */
  readonly echoUs: number;
  /** Of a client: µs since that one came. */
  readonly heldUs: number;
}
export interface RefusedMessage {
  readonly type: 'Refused';
  /** Of the frame; 0: a control message. */
  readonly number: number;
  /** Of the control message; 0: a frame. */
  readonly request: number;
  /** Of the command in the frame. */
  readonly index: number;
  readonly reason: Reason;
  readonly text: string;
}
export interface StatusMessage {
  readonly type: 'Status';
  /** StatusCode; one of a later version says something that this one does not know. */
  readonly code: number;
  readonly text: string;
}

/** What the account has in a shard, in several of these: `part` of `parts`, from 0. */
export interface SnapshotMessage extends ShardPointFields {
  readonly type: 'Snapshot';
  readonly part: number;
  readonly parts: number;
  /** Event records, EVENT_WORDS each. */
  readonly records: Int32Array;
  /** Client order ids, one a lane. */
  readonly marks: readonly bigint[];
}

/** What a page measured, sampled: µs, at most MAX_PAGE_SAMPLES of each. */
export interface PageSampleMessage {
  readonly type: 'PageSample';
  /** From the gateway's sending to the page's having it. */
  readonly latencyUs: readonly number[];
  /** Work of the page's main thread for one frame. */
  readonly frameUs: readonly number[];
  /** Of `frames`, those that took longer than the page allows itself. */
  readonly longFrames: number;
  readonly frames: number;
}

export type ControlMessage =
  | ChallengeMessage
  | LogonMessage
  | LogonAnswerMessage
  | RolledBackMessage
  | ResumedMessage
  | SubscribeMessage
  | UnsubscribeMessage
  | SubscribedMessage
  | InstrumentsRequestMessage
  | InstrumentsMessage
  | HeartbeatMessage
  | RefusedMessage
  | StatusMessage
  | PageSampleMessage
  | SnapshotMessage;

/** Numbers of a kind in one PageSample. */
const MAX_PAGE_SAMPLES = 64;

const ALL_CHANNELS = 3;
const BAD_FRAME: number = Reason.BadFrame;

/** What encodeControl makes; a Snapshot is made by snapshot-frame.ts, which no client carries. */
export type PlainControlMessage = Exclude<ControlMessage, SnapshotMessage>;

/** The frame of a message, in memory of its own. */
export function encodeControl(message: PlainControlMessage): Uint8Array {
  const builder = new Builder(256);
  const body = encodeBody(builder, message);
  ControlFrame.finishControlFrameBuffer(
    builder,
    ControlFrame.createControlFrame(builder, ControlBody[message.type], body),
  );
  return builder.asUint8Array();
}

function encodeBody(builder: Builder, message: PlainControlMessage): Offset {
  switch (message.type) {
    case 'Challenge': {
      const venue = builder.createString(message.venue);
      const nonce = Challenge.createNonceVector(builder, message.nonce);
      return Challenge.createChallenge(builder, message.version, venue, nonce);
    }
    case 'Logon': {
      const terms = Logon.createTermsVector(builder, message.terms);
      const signature = Logon.createSignatureVector(builder, message.signature);
      return Logon.createLogon(builder, terms, signature);
    }
    case 'LogonAnswer': {
      const points = encodePoints(builder, message.points);
      const { account, lane, incarnation, rights, heartbeatSeconds, window } = message;
      return LogonAnswer.createLogonAnswer(
        builder,
        account,
        lane,
        incarnation,
        rights,
        heartbeatSeconds,
        window,
        points,
      );
    }
    case 'RolledBack':
      return RolledBack.createRolledBack(builder, message.shard, message.epoch, BigInt(message.sequence));
    case 'Resumed':
      return Resumed.createResumed(builder, message.shard, message.epoch, BigInt(message.sequence));
    case 'Subscribe': {
      const instruments = Subscribe.createInstrumentsVector(builder, [...message.instruments]);
      return Subscribe.createSubscribe(builder, message.request, message.channels, message.mode, instruments);
    }
    case 'Unsubscribe': {
      const instruments = Unsubscribe.createInstrumentsVector(builder, [...message.instruments]);
      return Unsubscribe.createUnsubscribe(builder, message.request, message.channels, instruments);
    }
    case 'Subscribed':
      return Subscribed.createSubscribed(builder, message.request, message.instruments);
    case 'InstrumentsRequest':
      return InstrumentsRequest.createInstrumentsRequest(builder, message.request, message.after);
    case 'Instruments': {
      const infos = message.instruments.map((instrument) => encodeInstrument(builder, instrument));
      const vector = Instruments.createInstrumentsVector(builder, infos);
      const applied = Instruments.createAppliedVector(builder, [...message.applied]);
      const countedTo = BigInt(message.countedTo);
      return Instruments.createInstruments(builder, message.request, message.more, vector, applied, countedTo);
    }
    case 'Heartbeat': {
      const marks = encodePoints(builder, message.marks);
      const { timeUs, echoUs, heldUs } = message;
      return Heartbeat.createHeartbeat(builder, BigInt(timeUs), marks, BigInt(echoUs), heldUs);
    }
    case 'Refused': {
      const text = builder.createString(message.text);
      return Refused.createRefused(builder, message.number, message.request, message.index, message.reason, text);
    }
    case 'Status':
      return Status.createStatus(builder, message.code, builder.createString(message.text));
    case 'PageSample': {
      const latencies = PageSample.createLatencyUsVector(builder, [...message.latencyUs]);
      const frameTimes = PageSample.createFrameUsVector(builder, [...message.frameUs]);
      return PageSample.createPageSample(builder, latencies, frameTimes, message.longFrames, message.frames);
    }
  }
}

/** LogonAnswer's and Heartbeat's vectors have the same elements. Vectors are built backwards. */
function encodePoints(builder: Builder, points: readonly ShardPointFields[]): Offset {
  Heartbeat.startMarksVector(builder, points.length);
  for (const { sequence, epoch, accountSequence, shard } of points.toReversed()) {
    ShardPoint.createShardPoint(builder, BigInt(sequence), epoch, accountSequence, shard, 0, 0);
  }
  return builder.endVector();
}

function encodeInstrument(builder: Builder, fields: InstrumentFields): Offset {
  const symbol = builder.createString(fields.symbol);
  return InstrumentInfo.createInstrumentInfo(
    builder,
    fields.id,
    fields.shard,
    symbol,
    fields.priceMin,
    fields.priceMax,
    fields.quantityMax,
    fields.unit,
    fields.priceDecimals,
    fields.quantityDecimals,
    fields.phase,
  );
}

/** The bytes that a logon signs and sends. */
export function encodeLogonTerms(terms: LogonTermsFields): Uint8Array {
  const builder = new Builder(128);
  LogonTerms.startResumeVector(builder, terms.resume.length);
  for (const { sequence, epoch, shard } of terms.resume.toReversed()) {
    ResumePoint.createResumePoint(builder, BigInt(sequence), epoch, shard, 0);
  }
  const resume = builder.endVector();
  const { version, keyId, lane, ackLevel, heartbeatSeconds, cancelAfterSeconds } = terms;
  const cancels = cancelAfterSeconds !== undefined;
  builder.finish(
    LogonTerms.createLogonTerms(
      builder,
      version,
      keyId,
      lane,
      ackLevel,
      heartbeatSeconds,
      resume,
      cancels,
      cancelAfterSeconds ?? 0,
      terms.snapshot === true,
    ),
  );
  return builder.asUint8Array();
}

/** The terms, or a Reason. Ranges of lane, heartbeat and points are the gateway's to judge. */
export function decodeLogonTerms(received: Uint8Array): LogonTermsFields | number {
  if (received.length > MAX_FRAME_BYTES) return Reason.FrameTooLong;
  const bytes = new Uint8Array(received);
  const refused = verifyLogonTerms(bytes);
  if (refused !== 0) return refused;
  const terms = LogonTerms.getRootAsLogonTerms(new ByteBuffer(bytes));
  const resume: ResumePointFields[] = [];
  for (let index = 0; index < terms.resumeLength(); index++) {
    const point = terms.resume(index) as ResumePoint;
    resume.push({ shard: point.shard(), epoch: point.epoch(), sequence: Number(point.sequence()) });
  }
  if (terms.ackLevel() > AckLevel.Kafka || !resume.every(({ sequence }) => Number.isSafeInteger(sequence))) {
    return BAD_FRAME;
  }
  const cancels = terms.cancelOnDisconnect();
  if (!cancels && terms.graceSeconds() !== 0) return BAD_FRAME;
  return {
    version: terms.version(),
    keyId: terms.keyId(),
    lane: terms.lane(),
    ackLevel: terms.ackLevel(),
    heartbeatSeconds: terms.heartbeatSeconds(),
    resume,
    ...(cancels ? { cancelAfterSeconds: terms.graceSeconds() } : {}),
    ...(terms.snapshot() ? { snapshot: true } : {}),
  };
}

/** The message, or a Reason. Its byte arrays are copies. */
export function decodeControl(received: Uint8Array): ControlMessage | number {
  if (received.length > MAX_FRAME_BYTES) return Reason.FrameTooLong;
  // A copy begins aligned: generated code makes views of words over it, which throw at an odd address.
  const bytes = new Uint8Array(received);
  const refused = verifyControlFrame(bytes);
  if (refused !== 0) return refused;
  const frame = ControlFrame.getRootAsControlFrame(new ByteBuffer(bytes));
  switch (frame.bodyType()) {
    case ControlBody.Challenge: {
      const body: Challenge = frame.body(new Challenge());
      const nonce = Uint8Array.from(body.nonceArray() ?? []);
      if (nonce.length !== NONCE_BYTES) return BAD_FRAME;
      return { type: 'Challenge', version: body.version(), venue: body.venue() ?? '', nonce };
    }
    case ControlBody.Logon: {
      const body: Logon = frame.body(new Logon());
      const signature = Uint8Array.from(body.signatureArray() ?? []);
      if (signature.length !== SIGNATURE_BYTES && signature.length !== 0) return BAD_FRAME;
      return { type: 'Logon', terms: Uint8Array.from(body.termsArray() ?? []), signature };
    }
    case ControlBody.LogonAnswer:
      return decodeLogonAnswer(frame.body(new LogonAnswer()));
    case ControlBody.RolledBack: {
      const body: RolledBack = frame.body(new RolledBack());
      const sequence = Number(body.sequence());
      if (!Number.isSafeInteger(sequence)) return BAD_FRAME;
      return { type: 'RolledBack', shard: body.shard(), epoch: body.epoch(), sequence };
    }
    case ControlBody.Resumed: {
      const body: Resumed = frame.body(new Resumed());
      const sequence = Number(body.sequence());
      if (!Number.isSafeInteger(sequence)) return BAD_FRAME;
      return { type: 'Resumed', shard: body.shard(), epoch: body.epoch(), sequence };
    }
    case ControlBody.Subscribe: {
      const body: Subscribe = frame.body(new Subscribe());
      const [request, channels, mode] = [body.request(), body.channels(), body.mode()];
      if (!channelsKnown(channels) || mode > StreamMode.Frame) return BAD_FRAME;
      return { type: 'Subscribe', request, channels, mode, instruments: [...(body.instrumentsArray() ?? [])] };
    }
    case ControlBody.Unsubscribe: {
      const body: Unsubscribe = frame.body(new Unsubscribe());
      const [request, channels] = [body.request(), body.channels()];
      if (!channelsKnown(channels)) return BAD_FRAME;
      return { type: 'Unsubscribe', request, channels, instruments: [...(body.instrumentsArray() ?? [])] };
    }
    case ControlBody.Subscribed: {
      const body: Subscribed = frame.body(new Subscribed());
      return { type: 'Subscribed', request: body.request(), instruments: body.instruments() };
    }
    case ControlBody.InstrumentsRequest: {
      const body: InstrumentsRequest = frame.body(new InstrumentsRequest());
      return { type: 'InstrumentsRequest', request: body.request(), after: body.after() };
    }
    case ControlBody.Instruments:
      return decodeInstruments(frame.body(new Instruments()));
    case ControlBody.Heartbeat: {
      const body: Heartbeat = frame.body(new Heartbeat());
      const timeUs = Number(body.timeUs());
      const echoUs = Number(body.echoUs());
      const marks = decodePoints(body.marksLength(), (index) => body.marks(index));
      if (marks === null || !Number.isSafeInteger(timeUs) || !Number.isSafeInteger(echoUs)) return BAD_FRAME;
      return { type: 'Heartbeat', timeUs, marks, echoUs, heldUs: body.heldUs() };
    }
    case ControlBody.Refused: {
      const body: Refused = frame.body(new Refused());
      const [number, request, index, reason] = [body.number(), body.request(), body.index(), body.reason()];
      return { type: 'Refused', number, request, index, reason, text: body.text() ?? '' };
    }
    case ControlBody.Status: {
      const body: Status = frame.body(new Status());
      return { type: 'Status', code: body.code(), text: body.text() ?? '' };
    }
    case ControlBody.Snapshot:
      return decodeSnapshot(bytes, frame.body(new Snapshot()));
    case ControlBody.PageSample: {
      const body: PageSample = frame.body(new PageSample());
      if (body.latencyUsLength() > MAX_PAGE_SAMPLES || body.frameUsLength() > MAX_PAGE_SAMPLES) return BAD_FRAME;
      const [latencyUs, frameUs] = [[...(body.latencyUsArray() ?? [])], [...(body.frameUsArray() ?? [])]];
      return { type: 'PageSample', latencyUs, frameUs, longFrames: body.longFrames(), frames: body.frames() };
    }
    default:
      return BAD_FRAME;
  }
}

function decodeLogonAnswer(body: LogonAnswer): LogonAnswerMessage | number {
  const points = decodePoints(body.pointsLength(), (index) => body.points(index));
  if (points === null) return BAD_FRAME;
  return {
    type: 'LogonAnswer',
    account: body.account(),
    lane: body.lane(),
    incarnation: body.incarnation(),
    rights: body.rights(),
    heartbeatSeconds: body.heartbeatSeconds(),
    window: body.window(),
    points,
  };
}

function decodeInstruments(body: Instruments): InstrumentsMessage | number {
  const countedTo = Number(body.countedTo());
  if (!Number.isSafeInteger(countedTo)) return BAD_FRAME;
  const instruments: InstrumentFields[] = [];
  for (let index = 0; index < body.instrumentsLength(); index++) {
    const info = body.instruments(index) as InstrumentInfo;
    instruments.push({
      id: info.id(),
      shard: info.shard(),
      symbol: info.symbol() ?? '',
      priceMin: info.priceMin(),
      priceMax: info.priceMax(),
      quantityMax: info.quantityMax(),
      unit: info.unit(),
      priceDecimals: info.priceDecimals(),
      quantityDecimals: info.quantityDecimals(),
      phase: info.phase(),
    });
  }
  const applied = Array.from({ length: body.appliedLength() }, (_, shard) => body.applied(shard) ?? 0);
  return { type: 'Instruments', request: body.request(), more: body.more(), instruments, applied, countedTo };
}

/** Null when a sequence is not exact. */
function decodePoints(count: number, pointAt: (index: number) => ShardPoint | null): ShardPointFields[] | null {
  const points: ShardPointFields[] = [];
  for (let index = 0; index < count; index++) {
    const point = pointAt(index) as ShardPoint;
    const sequence = Number(point.sequence());
    if (!Number.isSafeInteger(sequence)) return null;
    points.push({ shard: point.shard(), epoch: point.epoch(), sequence, accountSequence: point.accountSequence() });
  }
  return points;
}

function channelsKnown(channels: number): boolean {
  return channels !== 0 && (channels & ~ALL_CHANNELS) === 0;
}

function decodeSnapshot(bytes: Uint8Array, body: Snapshot): SnapshotMessage | number {
  const sequence = Number(body.sequence());
  if (!Number.isSafeInteger(sequence) || body.part() >= body.parts()) return BAD_FRAME;
  const count = body.recordsLength();
  const records = new Int32Array(count * EVENT_WORDS);
  const first = body.records(0)?.bb_pos ?? 0;
  new Uint8Array(records.buffer).set(bytes.subarray(first, first + count * EVENT_BYTES));
  const marks = Array.from({ length: body.marksLength() }, (_, lane) => body.marks(lane) ?? 0n);
  return {
    type: 'Snapshot',
    shard: body.shard(),
    epoch: body.epoch(),
    sequence,
    accountSequence: body.accountSequence(),
    part: body.part(),
    parts: body.parts(),
    records,
    marks,
  };
}
