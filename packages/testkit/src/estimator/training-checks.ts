import { permutation, seededRandom, selectRows, type Progress, type TrainingInput } from "@pawl/core";
import { holds, refuses, sameNumbers } from "./check-assertions.ts";
import type { EstimatorCase, EstimatorCheck } from "./estimator-check.ts";
import { syntheticTable, syntheticTask } from "./synthetic-table.ts";

/** Milliseconds a stop may take to be felt. */
const stopWithin = 2000;

/** How training must behave. */
export function trainingChecks(subject: EstimatorCase): EstimatorCheck[] {
  const { estimator, kind, params = {} } = subject;
  const table = syntheticTable(kind, 600, 2);
  const { frame, target, task } = table;
  const input: TrainingInput = { frame, target, task, seed: 5 };
  return [
    {
      name: "same in, same out: equal input gives equal bytes, also at the same time",
      run: async () => {
        const first = await estimator.train(input, params);
        const again = await Promise.all([estimator.train(input, params), estimator.train(input, params)]);
        for (const model of again) {
          holds(model.hash() === first.hash(), () => `hashes ${first.hash()} and ${model.hash()}`);
        }
        holds(/^[0-9a-f]{64}$/.test(first.hash()), () => `the hash ${first.hash()} is no SHA-256`);
      },
    },
    {
      name: "the input is left as it was",
      run: async () => {
        const copy = structuredClone(frame);
        const labels = Float64Array.from(target);
        await estimator.train(input, params);
        for (const [c, column] of frame.columns.entries()) {
          const was = copy.columns[c];
          const [a, b] = [column, was].map((one) => (one?.kind === "numeric" ? one.values : one?.codes));
          sameNumbers(a ?? [], b ?? [], 0, `column ${column.name} after training`);
        }
        sameNumbers(target, labels, 0, "labels after training");
      },
    },
    {
      name: "the order of rows does not matter",
      ...(!estimator.traits.rowOrderFree && { skip: "not claimed: sums and samples follow the rows" }),
      run: async () => {
        const order = permutation(frame.rows, seededRandom(3));
        const shuffled = {
          ...input,
          frame: selectRows(frame, order),
          target: target.length === 0 ? target : Float64Array.from(order, (row) => target[row] ?? 0),
        };
        const [a, b] = [await estimator.train(input, params), await estimator.train(shuffled, params)];
        holds(a.hash() === b.hash(), () => "shuffled rows gave another model");
      },
    },
    {
      name: "a stop is felt soon, with the code cancelled",
      run: async () => {
        const before = new AbortController();
        before.abort();
        const stopped = (signal: AbortSignal, onProgress: (progress: Progress) => void) => () =>
          estimator.train(input, params, { signal, onProgress });
        await refuses(
          "cancelled",
          stopped(before.signal, () => {}),
          "a signal aborted beforehand",
        );
        const during = new AbortController();
        let at = 0;
        const stop = (): void => {
          if (at === 0) at = performance.now();
          during.abort();
        };
        await refuses("cancelled", stopped(during.signal, stop), "an abort at the first progress");
        const took = performance.now() - at;
        holds(took < stopWithin, () => `the stop took ${took} ms`);
        // And the next training is not hurt by it.
        await estimator.train(input, params);
      },
    },
    {
      name: "progress is reported and only goes forward",
      run: async () => {
        const seen: Progress[] = [];
        await estimator.train(input, params, { onProgress: (progress) => seen.push(progress) });
        holds(seen.length > 0, () => "no progress at all");
        for (const [i, progress] of seen.entries()) {
          const last = seen[i - 1];
          const forward = last?.stage !== progress.stage || progress.done >= last.done;
          const inside = progress.done >= 0 && progress.done <= (progress.total ?? Infinity);
          holds(forward && inside, () => `${JSON.stringify(last)} then ${JSON.stringify(progress)}`);
        }
      },
    },
    {
      name: "continues a model where claimed, else refuses; refuses other columns and classes",
      run: async () => {
        const first = await estimator.train(input, params);
        if (!estimator.traits.warmStart) {
          await refuses("unsupported", () => estimator.train({ ...input, init: first }, params), "init");
          return;
        }
        const more = await estimator.train({ ...input, init: first }, params);
        const [a, b] = [first.predict(frame), more.predict(frame)];
        holds(
          a.some((value, i) => value !== b[i]),
          () => "continuing changed no prediction",
        );
        const renamed = frame.columns.map((column) => ({ ...column, name: `${column.name}2` }));
        await refuses(
          "invalid_input",
          () => estimator.train({ ...input, init: first, frame: { ...frame, columns: renamed } }, params),
          "init with other columns",
        );
        const other = estimator.tasks.find((one) => one !== kind && one !== "anomaly");
        if (other === undefined) return;
        const asked = { task: syntheticTask(other), target: syntheticTable(other, 600, 2).target };
        await refuses(
          "invalid_input",
          () => estimator.train({ ...input, ...asked, init: first }, params),
          "init of another task",
        );
      },
    },
    {
      name: "respects a monotone constraint",
      ...(!estimator.traits.monotone && { skip: "not claimed" }),
      ...(kind === "multiclass" && { skip: "constraints need a task with one output" }),
      run: () => monotone(subject),
    },
  ];
}

async function monotone({ estimator, kind, params = {} }: EstimatorCase): Promise<void> {
  const { frame, target, task } = syntheticTable(kind, 600, 4);
  for (const sign of [1, -1]) {
    const input = { frame, target, task, seed: 6 };
    const model = await estimator.train(input, { ...params, monotone: { rising: sign, wavy: sign } });
    const [before, after] = [new Float64Array(1), new Float64Array(1)];
    const random = seededRandom(8);
    for (let i = 0; i < 2000; i++) {
      const row = model.rowOf(frame, random.below(frame.rows));
      const column = i % 2;
      const [x, y] = [random.normal() * 2, random.normal() * 2];
      row[column] = Math.min(x, y);
      model.scoreRow(row, before);
      row[column] = Math.max(x, y);
      model.scoreRow(row, after);
      const rise = ((after[0] ?? 0) - (before[0] ?? 0)) * sign;
      holds(
        rise >= 0,
        () => `sign ${sign}: from ${x} to ${y} of column ${column} the prediction moved by ${rise}`,
      );
    }
  }
}
