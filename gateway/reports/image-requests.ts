/**
 * Images of shards that a gateway waits for: it came to be while the shards served, or what it missed is in no journal any
 * more. Asked of the auditor, again until it answers. Gateway thread.
 */

import type { AuditorClient } from '../../engine/audit/questions.js';
import type { ShardImage } from '../../engine/public/shard-image.js';

export class ImageRequests {
  readonly #auditor: AuditorClient;
  readonly #failed: (shard: number, why: string) => void;
  /** Shards that are asked for. */
  readonly #asked = new Set<number>();
  #arrived: ShardImage[] = [];

  /** `failed`: there was no answer this time. */
  constructor(auditor: AuditorClient, failed: (shard: number, why: string) => void) {
    this.#auditor = auditor;
    this.#failed = failed;
  }

  /** Asks, unless that was done and is not answered. */
  want(shard: number): void {
    if (this.#asked.has(shard)) return;
    this.#asked.add(shard);
    this.#auditor
      .ask('image', shard, {})
      .then(
        (image) => void this.#arrived.push(image),
        (error: unknown) => this.#failed(shard, error instanceof Error ? error.message : String(error)),
      )
      .finally(() => this.#asked.delete(shard));
  }

  /** What has arrived since the last call. */
  take(): readonly ShardImage[] {
    if (this.#arrived.length === 0) return this.#arrived;
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }
}
