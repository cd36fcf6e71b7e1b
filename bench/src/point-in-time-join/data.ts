import { join } from "node:path";
import { seededRandom } from "@pawl/core";
import { type DataColumn, once, writeParquet } from "../harness/parquet-file.ts";
import { cacheFolder } from "../harness/places.ts";

export interface JoinSize {
  readonly spine: number;
  readonly facts: number;
  readonly keys: number;
}

/** Ten features: seven floats, of which one in a hundred is null, and three whole numbers. */
export const floatFeatures = ["f0", "f1", "f2", "f3", "f4", "f5", "f6"];
export const wholeFeatures = ["f7", "f8", "f9"];
export const features = [...floatFeatures, ...wholeFeatures];

const start = Date.UTC(2024, 0, 1) * 1000;
const hour = 3_600_000_000;
const span = 180 * 24 * hour;

/** The generated columns, NaN for null, moments in microseconds. */
export interface JoinData {
  readonly facts: readonly DataColumn[];
  readonly spine: readonly DataColumn[];
}

/**
 * Facts about `keys` keys over 180 days, no two at the same moment, each known some time after it
 * happened: six hours on average, and one in ten up to three days later, so that facts arrive out of
 * order. They lie in the order in which they became known, as a log would hold them. Of the spine's rows,
 * in no order, one in a hundred is an exact duplicate, one in two hundred asks for a key without facts, and
 * one in a hundred asks at the very moment a fact of its key becomes known (which it must not see).
 */
export function joinData(size: JoinSize): JoinData {
  const random = seededRandom(7, size.keys);
  const step = Math.floor(span / size.facts);
  const key = new Float64Array(size.facts);
  const event = new Float64Array(size.facts);
  const known = new Float64Array(size.facts);
  for (let i = 0; i < size.facts; i++) {
    key[i] = random.below(size.keys);
    event[i] = start + i * step + random.below(step);
    const late = random.next() < 0.1 ? random.next() * 72 * hour : 0;
    known[i] = (event[i] as number) + Math.round(-Math.log(1 - random.next()) * 6 * hour + late);
  }
  const arrival = Array.from(known.keys()).sort(
    (a, b) => (known[a] as number) - (known[b] as number) || a - b,
  );
  const inOrder = (from: Float64Array): Float64Array => Float64Array.from(arrival, (i) => from[i] as number);
  const facts: DataColumn[] = [
    { name: "key", type: "BIGINT", values: inOrder(key) },
    { name: "event_time", type: "TIMESTAMP", values: inOrder(event) },
    { name: "known_time", type: "TIMESTAMP", values: inOrder(known) },
  ];
  for (const name of floatFeatures) {
    const values = Float64Array.from(arrival, () => (random.next() < 0.01 ? Number.NaN : random.normal()));
    facts.push({ name, type: "DOUBLE", values });
  }
  for (const name of wholeFeatures) {
    facts.push({ name, type: "BIGINT", values: Float64Array.from(arrival, () => random.below(1000)) });
  }
  const spineKey = new Float64Array(size.spine);
  const asOf = new Float64Array(size.spine);
  for (let i = 0; i < size.spine; i++) {
    const kind = random.next();
    const fact = random.below(size.facts);
    const copied = i > 0 && kind < 0.01;
    spineKey[i] = copied
      ? (spineKey[i - 1] as number)
      : kind < 0.015
        ? size.keys + random.below(100)
        : kind < 0.025
          ? (key[fact] as number)
          : random.below(size.keys);
    asOf[i] = copied
      ? (asOf[i - 1] as number)
      : kind >= 0.015 && kind < 0.025
        ? (known[fact] as number)
        : start + Math.floor(random.next() * span);
  }
  const row = Float64Array.from(asOf.keys());
  const spine: DataColumn[] = [
    { name: "row", type: "BIGINT", values: row },
    { name: "key", type: "BIGINT", values: spineKey },
    { name: "as_of", type: "TIMESTAMP", values: asOf },
  ];
  return { facts, spine };
}

/** Writes `facts.parquet` and `spine.parquet` once, and gives their folder. */
export async function joinFolder(size: JoinSize): Promise<string> {
  const folder = cacheFolder("point-in-time-join-1", `${size.spine}-${size.facts}-${size.keys}`);
  let data: JoinData | undefined;
  for (const name of ["facts", "spine"] as const) {
    await once(join(folder, `${name}.parquet`), (path) => {
      data ??= joinData(size);
      return writeParquet(path, data[name]);
    });
  }
  return folder;
}
