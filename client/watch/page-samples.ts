/**
 * What a page measured in the last second: some of many numbers, each with the same chance to be among them, and the
 * median of those for the eye. Any thread.
 */

/** As many as a PageSample carries. */
const MOST_SAMPLES = 64;

class Reservoir {
  private kept: number[] = [];
  private seen = 0;

  constructor(private readonly random: () => number) {}

  add(value: number): void {
    this.seen++;
    if (this.kept.length < MOST_SAMPLES) this.kept.push(value);
    else {
      const place = Math.floor(this.random() * this.seen);
      if (place < MOST_SAMPLES) this.kept[place] = value;
    }
  }

  take(): number[] {
    const { kept } = this;
    this.kept = [];
    this.seen = 0;
    return kept;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export interface PageSecond {
  /** As the platform takes them: whole µs. */
  readonly sample: {
    readonly latencyUs: readonly number[];
    readonly frameUs: readonly number[];
    readonly longFrames: number;
    readonly frames: number;
  };
  /** NaN: nothing came, nothing was drawn. */
  readonly latencyUs: number;
  readonly frameUs: number;
}

export class PageSamples {
  private readonly latencies: Reservoir;
  private readonly frameTimes: Reservoir;
  private longFrames = 0;
  private frames = 0;

  /** random: [0, 1). longFrameUs: work above it is a long frame. */
  constructor(
    random: () => number,
    private readonly longFrameUs: number,
  ) {
    this.latencies = new Reservoir(random);
    this.frameTimes = new Reservoir(random);
  }

  latency(us: number): void {
    if (!Number.isNaN(us)) this.latencies.add(Math.round(us));
  }

  frame(us: number): void {
    this.frameTimes.add(Math.round(us));
    this.frames++;
    if (us > this.longFrameUs) this.longFrames++;
  }

  /** All since the last call. */
  takeSecond(): PageSecond {
    const [latencyUs, frameUs] = [this.latencies.take(), this.frameTimes.take()];
    const sample = { latencyUs, frameUs, longFrames: this.longFrames, frames: this.frames };
    this.longFrames = 0;
    this.frames = 0;
    return { sample, latencyUs: median(latencyUs), frameUs: median(frameUs) };
  }
}
