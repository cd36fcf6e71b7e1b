import {
  elementKind,
  isListKind,
  type JsonValue,
  type Kind,
  parseInstant,
  type Scalar,
  type Value,
} from "@pawl/core";

/** A value from the wire as definitions type it: moments in microseconds, identifiers as bigints. */
export function decodeValue(kind: Kind, value: JsonValue): Value {
  if (value === null) return null;
  if (isListKind(kind)) {
    const element = elementKind(kind);
    return (value as readonly JsonValue[]).map((item) => decodeValue(element, item) as Scalar | null);
  }
  if (kind === "bigint") return BigInt(value as string | number);
  if (kind === "timestamp") return parseInstant(value as string);
  return value as Value;
}
