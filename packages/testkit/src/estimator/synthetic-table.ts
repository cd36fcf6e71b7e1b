import { seededRandom, type Frame, type FrameColumn, type Task, type TaskKind } from "@pawl/core";

/** A small table with every awkward kind of column, and a label that depends on some of them. */
export interface SyntheticTable {
  readonly frame: Frame;
  readonly target: Float64Array;
  readonly task: Task;
  readonly weights: Float64Array;
  /** Each row's moment, microseconds; two rows share each. */
  readonly times: Float64Array;
}

const colours = ["red", "green", "blue", "grey", "rare", "never seen"];
const shift = [1, -1, 0.5, 0, 2, 0];

/** The task of a kind, with three classes where there are classes. */
export function syntheticTask(kind: TaskKind): Task {
  return kind === "multiclass" ? { kind, classes: ["low", "middle", "high"] } : { kind };
}

/**
 * Columns: `rising` (the label rises with it), `wavy` (non-linear, a tenth missing), `large` (about
 * 10⁶ ± 1), `few` (0, 1, 2), `colour` (categorical, missing in places, one category never seen),
 * `constant`, `nothing` (all missing), `previous` (the last label, missing at first) and `moment`
 * (microseconds). A function of its arguments.
 */
export function syntheticTable(kind: TaskKind, rows: number, seed: number): SyntheticTable {
  const random = seededRandom(seed, 77);
  const numbers = (make: (row: number) => number) =>
    Float64Array.from({ length: rows }, (_, row) => make(row));
  const rising = numbers(() => random.normal());
  const wavy = numbers(() => (random.next() < 0.1 ? Number.NaN : random.normal() * 2));
  const large = numbers(() => 1e6 + random.normal());
  const few = numbers(() => random.below(3));
  const codes = Int32Array.from({ length: rows }, () => {
    const drawn = random.next();
    return drawn < 0.08 ? -1 : drawn > 0.98 ? 4 : random.below(4);
  });
  const margin = numbers((row) => {
    const wave = wavy[row] ?? 0;
    return (
      1.5 * (rising[row] ?? 0) +
      (Number.isNaN(wave) ? 0.7 : Math.sin(wave) * 1.5) +
      (shift[codes[row] ?? -1] ?? 0) +
      0.3 * (few[row] ?? 0) +
      0.3 * random.normal()
    );
  });
  const target = margin.map((m) => {
    if (kind === "regression") return m;
    if (kind === "binary") return random.next() < 1 / (1 + Math.exp(-2 * m)) ? 1 : 0;
    if (kind === "multiclass") return m < -0.5 ? 0 : m < 1 ? 1 : 2;
    return 0;
  });
  const previous = numbers((row) => (row < 5 ? Number.NaN : (target[row - 1] ?? Number.NaN)));
  const times = numbers((row) => 1.7e15 + Math.floor(row / 2) * 3.6e9);
  const column = (name: string, values: Float64Array): FrameColumn => ({ name, kind: "numeric", values });
  return {
    task: syntheticTask(kind),
    target: kind === "anomaly" ? new Float64Array() : target,
    weights: numbers(() => 0.25 + random.next()),
    times,
    frame: {
      rows,
      columns: [
        column("rising", rising),
        column("wavy", wavy),
        column("large", large),
        column("few", few),
        { name: "colour", kind: "categorical", codes, categories: colours },
        column("constant", new Float64Array(rows).fill(3)),
        column("nothing", new Float64Array(rows).fill(Number.NaN)),
        column("previous", previous),
        column("moment", times),
      ],
    },
  };
}
