import { compareNullable } from "../definitions/compare.ts";
import type { Scalar } from "../definitions/kind.ts";
import { decodeArray, decodeNumber, decodeScalar, encodeScalar } from "./encoded.ts";

/** A value and when it was: what the order of facts needs. */
export interface DatedValue {
  readonly value: Scalar | null;
  readonly eventTime: number;
  readonly knownTime: number;
}

/** The order of facts: by eventTime, then knownTime, then value, null first. */
export function compareDated(a: DatedValue, b: DatedValue): number {
  return a.eventTime - b.eventTime || a.knownTime - b.knownTime || compareNullable(a.value, b.value);
}

export function encodeDated({ value, eventTime, knownTime }: DatedValue): unknown {
  return [encodeScalar(value), eventTime, knownTime];
}

export function decodeDated(data: unknown): DatedValue {
  const [value, eventTime, knownTime] = decodeArray(data);
  return {
    value: decodeScalar(value),
    eventTime: decodeNumber(eventTime),
    knownTime: decodeNumber(knownTime),
  };
}
