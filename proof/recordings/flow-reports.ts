/**
 * Turns the events of a played flow into the report lines on which independent engines agree, and into their SHA-256.
 * Any thread, off the hot path: a benchmark does it after its clock has stopped.
 *
 * Lines are sorted by (sequence of the command, type), trades in match order. Events come by command already; only a
 * modify's own line (type 3) stands behind the trades that it made, so it is held back until the next command's event.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EventKind } from '../../schemas/codes.js';
import {
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
} from '../../schemas/layout.js';
import { counterAt } from './day-watcher.js';
import type { FlowPlan } from './flow-plan.js';
import { RecordingError } from './recording-error.js';

const HASH_EVERY_LINES = 8192;

export class FlowReports {
  lines = 0;
  private readonly hash = createHash('sha256');
  private pending: string[] = [];
  private first = true;
  /** Counter of the modify whose line is held back, or 0. */
  private heldCounter = 0;
  private heldLine = '';
  /** The maker of the trade whose second fill comes next, or 0. */
  private makerCounter = 0;

  /** `keep` also collects the lines, for small flows in tests. */
  constructor(
    private readonly plan: FlowPlan,
    private readonly keep?: string[],
  ) {}

  /** One event, at word `at`; all events of the flow in sequence. Throws on an event that no flow can make. */
  event(words: Int32Array, at: number): void {
    const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
    const side = (kindWord & EVENT_SELL_BIT) === 0 ? 0 : 1;
    const price = words[at + EVENT_PRICE] ?? 0;
    const quantity = (words[at + EVENT_QUANTITY] ?? 0) >>> 0;
    const counter = counterAt(words, at + EVENT_CLIENT_ORDER_ID);
    const id = this.plan.orderId(counter);
    switch (kindWord & 0xff) {
      case EventKind.Accepted:
        this.line(counter, `0,${counter - 1},${side},${id},${price},${quantity}`);
        return;
      case EventKind.Fill:
        if (this.makerCounter === 0) {
          this.makerCounter = counter;
          return;
        }
        this.line(counter, `1,${counter - 1},${price},${quantity},${this.plan.orderId(this.makerCounter)},${id}`);
        this.makerCounter = 0;
        return;
      case EventKind.Cancelled: {
        const by = counterAt(words, at + EVENT_RELATED_ID) || counter;
        this.line(by, `2,${by - 1},${side},${id},${price}`);
        return;
      }
      case EventKind.Replaced: {
        const leaves = (words[at + EVENT_LEAVES] ?? 0) >>> 0;
        this.line(counter, '');
        this.heldCounter = counter;
        this.heldLine = `3,${counter - 1},${side},${id},${this.plan.price(counter)},${leaves}`;
        return;
      }
      case EventKind.Rejected:
        this.line(counter, `${this.plan.isModify(counter) ? 5 : 4},${counter - 1},${id}`);
        return;
      case EventKind.Booked:
        return;
      default:
        throw new Error(`A flow makes no events of kind ${kindWord & 0xff}.`);
    }
  }

  /** The SHA-256 over all lines, in hex. */
  finish(): string {
    this.release();
    this.update();
    return this.hash.digest('hex');
  }

  private line(counter: number, text: string): void {
    if (this.heldCounter !== 0 && counter !== this.heldCounter) {
      this.release();
    }
    if (text !== '') {
      this.push(text);
    }
  }

  private release(): void {
    if (this.heldCounter !== 0) {
      this.heldCounter = 0;
      this.push(this.heldLine);
    }
  }

  private push(text: string): void {
    this.lines += 1;
    this.keep?.push(text);
    this.pending.push(text);
    if (this.pending.length === HASH_EVERY_LINES) {
      this.update();
    }
  }

  private update(): void {
    if (this.pending.length > 0) {
      this.hash.update(this.first ? this.pending.join('\n') : `\n${this.pending.join('\n')}`);
      this.first = false;
      this.pending = [];
    }
  }
}

/** The hash that must come out: a file that holds it as 64 hex digits. Throws RecordingError otherwise. */
export function readExpectedHash(path: string): string {
  const text = readFileSync(path, 'latin1').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new RecordingError(path, '', 'does not hold one SHA-256 in hex');
  }
  return text;
}
