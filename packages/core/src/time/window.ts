import type { Duration } from "./duration.ts";
import type { Instant } from "./instant.ts";

/**
 * Which of the facts known before `asOf` an aggregate sees.
 *
 * | window | sees facts with knownTime < asOf and … |
 * |---|---|
 * | lifetime (no width, no lag) | nothing more |
 * | width w | asOf − w ≤ eventTime (planned facts, whose eventTime lies ahead, included) |
 * | lag l | eventTime < asOf − l |
 * | width w, lag l | asOf − l − w ≤ eventTime < asOf − l |
 *
 * `past` asks for eventTime < asOf without a lag: what decay needs, since a weight is defined for the past only.
 */
export interface Window {
  readonly width?: Duration;
  readonly lag?: Duration;
  readonly past?: boolean;
}

/** Law 1, to the letter. Everything faster must agree with this. */
export function sees(window: Window, eventTime: number, knownTime: number, asOf: number): boolean {
  if (!(knownTime < asOf)) return false;
  const lag = window.lag ?? 0;
  if (window.width !== undefined && eventTime < asOf - lag - window.width) return false;
  if (window.lag !== undefined || window.past === true) return eventTime < asOf - lag;
  return true;
}

/**
 * The same rule turned round: a fact is seen by exactly the `asOf` with opens < asOf ≤ closes.
 * Both inequalities are on one axis, so one sweep over time serves facts that arrive late or out of order.
 * A fact with opens ≥ closes is never seen.
 */
export function opens(window: Window, eventTime: number, knownTime: number): number {
  if (window.lag === undefined && window.past !== true) return knownTime;
  return Math.max(knownTime, eventTime + (window.lag ?? 0));
}

export function closes(window: Window, eventTime: number): number {
  if (window.width === undefined) return Number.POSITIVE_INFINITY;
  return eventTime + (window.lag ?? 0) + window.width;
}

/** Half-open stretch of time [start, end). */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant;
}
