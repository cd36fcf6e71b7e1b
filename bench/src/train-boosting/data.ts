import { existsSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, type SeededRandom } from "@pawl/core";
import { cacheFolder } from "../harness/places.ts";
import { type LearningTable, type TableColumn, writeTable } from "../harness/table-file.ts";

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Thirty standard normal columns, one cell in fifty missing in every third; the label depends on twelve of
 * them: linearly, by products, by a wave and by a threshold.
 */
export function numbersTable(rows: number, seed: number): LearningTable {
  const random = seededRandom(seed, 30);
  const x = Array.from({ length: 30 }, () => Float64Array.from({ length: rows }, () => random.normal()));
  const target = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const v = (c: number): number => (x[c] as Float64Array)[r] as number;
    const margin =
      0.6 * v(0) -
      0.5 * v(1) +
      0.4 * v(2) +
      0.8 * v(3) * v(4) -
      0.6 * v(5) * v(6) +
      0.9 * Math.sin(2 * v(7)) +
      (v(8) > 0.5 ? 0.8 : -0.3) +
      0.5 * Math.abs(v(9)) +
      0.7 * (v(10) > 0 ? v(11) : -v(11));
    target[r] = random.next() < logistic(margin - 0.4) ? 1 : 0;
  }
  for (const [c, values] of x.entries()) {
    if (c % 3 !== 0) continue;
    for (let r = 0; r < rows; r++) if (random.next() < 0.02) values[r] = Number.NaN;
  }
  return { columns: x.map((values, c) => ({ name: `x${c}`, values })), target };
}

/** Categories of a census, by how many there are: with few, with some, and with many unequal ones. */
const censusCategories = {
  workclass: 8,
  education: 16,
  marital: 7,
  occupation: 14,
  relationship: 6,
  race: 5,
  sex: 2,
  country: 41,
} as const;

/**
 * A table in the shape of a census: six numbers of which two are mostly zero, eight categorical columns of
 * 2 to 41 unequally frequent categories with some cells missing, about a quarter of positive labels.
 * Generated, because no package we depend on carries a real one.
 */
export function censusTable(rows: number, seed: number): LearningTable {
  const random = seededRandom(seed, 14);
  // What a category does is the same in every part of the data.
  const meaning = seededRandom(11, 14);
  const age = Float64Array.from({ length: rows }, () => 17 + Math.floor(60 * random.next() ** 1.3));
  const hours = Float64Array.from({ length: rows }, () =>
    random.next() < 0.5 ? 40 : Math.max(1, Math.min(99, Math.round(40 + 12 * random.normal()))),
  );
  const schooling = Float64Array.from({ length: rows }, () => 1 + random.below(16));
  const weight = Float64Array.from({ length: rows }, () =>
    Math.round(190_000 * Math.exp(0.5 * random.normal())),
  );
  const gain = Float64Array.from({ length: rows }, () =>
    random.next() < 0.92 ? 0 : Math.round(3_000 * Math.exp(random.normal())),
  );
  const loss = Float64Array.from({ length: rows }, () =>
    random.next() < 0.95 ? 0 : Math.round(1_800 * Math.exp(0.2 * random.normal())),
  );
  const numbers = { age, weight, schooling, gain, loss, hours };
  const columns: TableColumn[] = Object.entries(numbers).map(([name, values]) => ({ name, values }));
  const margin = Float64Array.from(
    age,
    (years, r) =>
      -3.1 -
      0.0025 * (years - 48) ** 2 +
      0.28 * (schooling[r] as number) +
      0.03 * ((hours[r] as number) - 40) +
      ((gain[r] as number) > 5_000 ? 3 : 0) +
      ((loss[r] as number) > 1_700 ? 1 : 0),
  );
  for (const [name, count] of Object.entries(censusCategories)) {
    const effects = Array.from({ length: count }, () => 0.9 * meaning.normal());
    const values = Float64Array.from({ length: rows }, (_, r) => {
      const code = unequal(count, random);
      margin[r] =
        (margin[r] as number) + (effects[code] ?? 0) * (name === "sex" && (age[r] as number) < 30 ? 0 : 1);
      return random.next() < 0.02 ? Number.NaN : code;
    });
    const categories = Array.from({ length: count }, (_, code) => `${name}-${code}`);
    columns.push({ name, values, categories });
  }
  const target = Float64Array.from(margin, (m) => (random.next() < logistic(m) ? 1 : 0));
  return { columns, target };
}

/** Low codes are frequent, high ones rare. */
function unequal(count: number, random: SeededRandom): number {
  return Math.floor(count * random.next() ** 2.5);
}

export interface LearningSize {
  readonly kind: "numbers" | "census";
  readonly train: number;
  readonly test: number;
}

/** Writes the training and the test table once, and gives their folder. */
export function learningFolder({ kind, train, test }: LearningSize): string {
  const folder = cacheFolder("train-boosting-1", `${kind}-${train}-${test}`);
  const table = kind === "numbers" ? numbersTable : censusTable;
  for (const [name, rows, seed] of [
    ["train", train, 1],
    ["test", test, 2],
  ] as const) {
    if (!existsSync(join(folder, `${name}.json`))) writeTable(folder, name, table(rows, seed));
  }
  return folder;
}
