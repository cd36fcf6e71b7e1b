import { instant, type Instant } from "@pawl/core";

/**
 * The moment readers look from when they name none. It never goes back, and it is always later than the
 * knownTime of every fact that was acknowledged and is known by now, even if the producer's clock runs a
 * little ahead of ours or ours was set back (a hybrid logical clock: Kulkarni et al. 2014).
 */
export class ReaderClock {
  private readonly clock: () => number;
  private readonly tolerance: number;
  private latest: number;

  constructor(clock: () => number, tolerance: number) {
    this.clock = clock;
    this.tolerance = tolerance;
    this.latest = Number.MIN_SAFE_INTEGER;
  }

  now(): Instant {
    const time = Math.floor(this.clock());
    if (time > this.latest) this.latest = time;
    return instant(this.latest);
  }

  /** The moment a reader sees a fact from, when it is to be seen at once; undefined for a plan for later. */
  seenFrom(knownTime: number, acceptedAt: number): number | undefined {
    return knownTime <= acceptedAt + this.tolerance ? knownTime + 1 : undefined;
  }

  /** From here on readers look from `floor` or later. */
  advance(floor: number): void {
    if (floor > this.latest) this.latest = floor;
  }
}
