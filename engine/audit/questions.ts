/**
 * Questions that other threads ask the auditor, whose engines know what a shard's own thread has no time to tell. Each asker
 * has a port of its own; the auditor looks at all of them between two pieces of its work and answers one question at a time,
 * so no number of questions stops it from comparing.
 *
 *   asker: AuditorClient ──{id, name, shard, asks}──> auditor: QuestionDesk ──> ANSWERS[name] ──{id, answer | refused}──> asker
 *
 * To add a question: its name in AuditQuestions, with what it asks besides the shard and what it gets (plain data, or arrays
 * of shared memory when it is large), and a line under that name in ANSWERS, which is given that shard's auditor. Nothing
 * else: `client.ask(name, shard, asks)` resolves with the answer.
 */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type AccountState, accountStateOf } from '../inspection/account-state.js';
import type { ShardImage } from '../public/shard-image.js';
import type { Auditor } from './auditor.js';

/** By name: what is asked besides the shard, and what is answered; as of the last event that was compared. */
export interface AuditQuestions {
  /** What a gateway begins with. */
  image: { readonly asks: Record<string, never>; readonly gets: ShardImage };
  /** What an account has. */
  account: { readonly asks: { readonly account: number }; readonly gets: AccountState };
}

export type QuestionName = keyof AuditQuestions;

const ANSWERS: {
  readonly [N in QuestionName]: (auditor: Auditor, asks: AuditQuestions[N]['asks']) => AuditQuestions[N]['gets'];
} = {
  image: (auditor) => auditor.image(),
  account: (auditor, { account }) => accountStateOf(auditor.engine, account),
};

/** Questions of one asker that wait for their answers; one more is refused at once. */
export const MOST_QUESTIONS = 64;
/** The auditor reads a snapshot and writes others in one go each, and naps. */
const DEADLINE_MS = 10_000;

interface Question {
  readonly id: number;
  readonly name: QuestionName;
  readonly shard: number;
  readonly asks: AuditQuestions[QuestionName]['asks'];
}

type Reply =
  | { readonly id: number; readonly answer: AuditQuestions[QuestionName]['gets'] }
  | { readonly id: number; readonly refused: string };

export type AuditorSilence = 'AUDITOR_BUSY' | 'AUDITOR_LATE' | 'AUDITOR_REFUSED';

/** There is no answer, and why: too many wait, none came in time, or the question was wrong. */
export class AuditorError extends Error {
  readonly code: AuditorSilence;

  constructor(code: AuditorSilence, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (answer: AuditQuestions[QuestionName]['gets']) => void;
  readonly reject: (error: AuditorError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The asker's side, on a thread with an event loop. */
export class AuditorClient {
  readonly #port: MessagePort;
  readonly #deadlineMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(port: MessagePort, deadlineMs = DEADLINE_MS) {
    this.#port = port;
    this.#deadlineMs = deadlineMs;
    port.on('message', (reply: Reply) => this.#take(reply));
    // Whoever waits has a timer; nobody else needs the thread to live.
    port.unref();
  }

  /** Rejects with an AuditorError. */
  ask<N extends QuestionName>(
    name: N,
    shard: number,
    asks: AuditQuestions[N]['asks'],
  ): Promise<AuditQuestions[N]['gets']> {
    if (this.#waiting.size >= MOST_QUESTIONS) {
      return Promise.reject(new AuditorError('AUDITOR_BUSY', 'the auditor is asked too much at once'));
    }
    const id = ++this.#lastId;
    return new Promise<AuditQuestions[QuestionName]['gets']>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new AuditorError('AUDITOR_LATE', `the auditor did not answer within ${this.#deadlineMs} ms`));
      }, this.#deadlineMs);
      this.#waiting.set(id, { resolve, reject, timer });
      const question: Question = { id, name, shard, asks };
      this.#port.postMessage(question);
    }) as Promise<AuditQuestions[N]['gets']>;
  }

  /** Nothing is answered any more. */
  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#port.close();
  }

  /** An answer behind its deadline is nobody's. */
  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if ('answer' in reply) waiting.resolve(reply.answer);
    else waiting.reject(new AuditorError('AUDITOR_REFUSED', reply.refused));
  }
}

/** The auditor's side. Its thread never returns to its event loop, so it looks at the ports. */
export class QuestionDesk {
  /** By name: who comes again under a name takes the place of who had it. */
  readonly #askers = new Map<string, MessagePort>();

  /** From here on it is answered. */
  add(name: string, port: MessagePort): void {
    this.#askers.get(name)?.close();
    this.#askers.set(name, port);
  }

  /** Answers at most one question of each asker; whether there was any. `auditorOf`: undefined for a shard that there is not. */
  turn(auditorOf: (shard: number) => Auditor | undefined): boolean {
    let any = false;
    for (const port of this.#askers.values()) {
      const received = receiveMessageOnPort(port) as { readonly message: Question } | undefined;
      if (received === undefined) continue;
      any = true;
      const { id, name, shard, asks } = received.message;
      const auditor = auditorOf(shard);
      const reply: Reply =
        auditor === undefined
          ? { id, refused: `there is no shard ${shard}` }
          : {
              id,
              answer: (ANSWERS[name] as (auditor: Auditor, asks: unknown) => AuditQuestions[QuestionName]['gets'])(
                auditor,
                asks,
              ),
            };
      port.postMessage(reply);
    }
    return any;
  }
}
