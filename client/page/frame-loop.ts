/**
 * Takes what the worker sends and draws it once a frame: messages are applied as they come, drawing waits for the next
 * animation frame, and `drawn` goes back when that frame's work is done, layout and paint included. The page's thread.
 */

import { FRAME_MS, type FromWorker, HIDDEN_MS, type ToWorker } from './worker-messages.js';

/** Work of so many frames is kept for who asks. */
const KEPT_FRAMES = 4096;

export class FrameLoop {
  /** Of this thread for each of the last frames with news, µs. */
  readonly workUs: number[] = [];
  /** Messages of the worker. */
  messages = 0;
  /** Frames drawn. */
  frames = 0;
  private readonly afterPaint = new MessageChannel();
  /** What must go back with `drawn`. */
  private owed: { ticks: ArrayBuffer | null; workMs: number } | null = null;
  private planned = false;
  private drawStartedMs = 0;

  /** take: applies a message. draw: shows what changed since it was called before; true: it must be called again. */
  constructor(
    private readonly worker: Worker,
    private readonly take: (news: FromWorker) => void,
    private readonly draw: () => boolean,
  ) {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.took(data);
    this.afterPaint.port1.onmessage = () => this.painted();
    document.addEventListener('visibilitychange', () => this.seenOrHidden());
  }

  tell(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  /** Draws with the next frame though no message came: the page itself changed. */
  plan(): void {
    if (this.planned || document.hidden) return;
    this.planned = true;
    requestAnimationFrame(() => {
      this.planned = false;
      this.drawStartedMs = performance.now();
      this.frames++;
      const isLeft = this.draw();
      // A task of its own runs when the browser has laid out and painted what was drawn.
      if (this.owed !== null) this.afterPaint.port2.postMessage(null);
      if (isLeft) this.plan();
    });
  }

  private took(news: FromWorker): void {
    const startedMs = performance.now();
    this.messages++;
    this.take(news);
    this.owed = { ticks: news.ticks ?? null, workMs: performance.now() - startedMs };
    // Nobody looks, and no frame will come.
    if (document.hidden) this.answer(Number.NaN);
    else this.plan();
  }

  private painted(): void {
    if (this.owed === null) return;
    const workUs = 1000 * (this.owed.workMs + performance.now() - this.drawStartedMs);
    this.workUs.push(workUs);
    if (this.workUs.length > KEPT_FRAMES) this.workUs.shift();
    this.answer(workUs);
  }

  private answer(workUs: number): void {
    if (this.owed === null) return;
    const { ticks } = this.owed;
    this.owed = null;
    const message: ToWorker = { type: 'drawn', ticks, workUs };
    this.worker.postMessage(message, ticks === null ? [] : [ticks]);
  }

  private seenOrHidden(): void {
    this.tell({ type: 'pace', everyMs: document.hidden ? HIDDEN_MS : FRAME_MS });
    if (document.hidden) this.answer(Number.NaN);
    else this.plan();
  }
}
