import {
  formatInstant,
  type Instant,
  instant,
  isListKind,
  type Kind,
  elementKind,
  PawlError,
  type Value,
} from "@pawl/core";
import type { ValueStatus, Vectors } from "@pawl/present";
import { losslessJson } from "../live/lossless-json.ts";
import type { AskedFeatures } from "./asked-features.ts";

const statusOf: Readonly<Record<ValueStatus, string>> = {
  present: "PRESENT",
  null: "NULL_VALUE",
  not_found: "NOT_FOUND",
  outside_max_age: "OUTSIDE_MAX_AGE",
  backfilling: "INVALID",
};

const epoch = "1970-01-01T00:00:00Z";

/**
 * The answer to /get-online-features: a column for each name, keys first. Whole numbers are written with all
 * their digits, moments as seconds since 1970, as Feast does.
 */
export function onlineFeatures(
  asked: AskedFeatures,
  rows: readonly Readonly<Record<string, unknown>>[],
  vectors: Vectors,
  fullNames: boolean,
): string {
  const names = asked.outputs.map(({ short, full }) => (fullNames ? full : short));
  const taken = new Set(asked.keys.map(({ name }) => name));
  for (const name of names) {
    if (taken.has(name)) {
      throw new PawlError("invalid_input", `Two columns of the answer would be called "${name}".`, {
        next: "Ask with full_feature_names: true.",
      });
    }
    taken.add(name);
  }
  const keys = asked.keys.map(({ name, kind }) => ({
    values: rows.map((row) => keyValue(kind, row[name])),
    statuses: rows.map(() => "PRESENT"),
    event_timestamps: rows.map(() => epoch),
  }));
  const features = asked.outputs.map(({ column }) => {
    const at = vectors.names.indexOf(column);
    const kind = vectors.kinds[at] ?? "float";
    return {
      values: vectors.values.map((row) => wireValue(kind, row[at] ?? null)),
      statuses: vectors.statuses.map((row) => statusOf[row[at] ?? "not_found"]),
      event_timestamps: vectors.eventTimes.map((row) => momentText(row[at] ?? null)),
    };
  });
  return losslessJson({
    results: [...keys, ...features],
    metadata: { feature_names: [...asked.keys.map(({ name }) => name), ...names] },
  });
}

const momentText = (at: Instant | null): string => (at === null ? epoch : formatInstant(at));

/** Keys come back as they were read: long whole numbers as numbers. */
function keyValue(kind: Kind, value: unknown): unknown {
  return kind === "bigint" && (typeof value === "string" || typeof value === "number")
    ? BigInt(value)
    : value;
}

function wireValue(kind: Kind, value: Value): unknown {
  if (value === null) return null;
  if (isListKind(kind)) {
    return Array.isArray(value) ? value.map((item: Value) => wireValue(elementKind(kind), item)) : null;
  }
  if (kind === "timestamp" && typeof value === "number") return Math.floor(instant(value) / 1e6);
  return value;
}
