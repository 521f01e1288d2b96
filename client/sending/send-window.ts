/**
 * How many commands of a session may be unanswered, and how many are. A frame that is refused answers for all its
 * commands, so the sizes of those on their way are kept.
 */

/** Frames whose sizes are kept: there are never more on their way, since each holds a command. */
const KEPT_FRAMES = 4096;

export class SendWindow {
  private size = 0;
  private unanswered = 0;
  private readonly frameCounts = new Uint16Array(KEPT_FRAMES);

  /** A new session: nothing of it is on its way. */
  open(size: number): void {
    this.size = size;
    this.unanswered = 0;
  }

  /** Commands that may be sent now. */
  get room(): number {
    return Math.max(0, this.size - this.unanswered);
  }

  sent(frameNumber: number, answers: number): void {
    this.unanswered += answers;
    this.frameCounts[frameNumber % KEPT_FRAMES] = answers;
  }

  answered(): void {
    this.unanswered = Math.max(0, this.unanswered - 1);
  }

  refused(frameNumber: number): void {
    const place = frameNumber % KEPT_FRAMES;
    this.unanswered = Math.max(0, this.unanswered - (this.frameCounts[place] ?? 0));
    this.frameCounts[place] = 0;
  }
}
