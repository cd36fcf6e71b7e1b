import type { ErrorDocument, Frame, FrameColumn, Progress, Task, TrainingInput } from "@pawl/core";

/** A training as it crosses to the worker: plain data, the model to continue from as bytes. */
export interface TrainingMessage {
  readonly estimator: string;
  readonly params: object;
  readonly frame: Frame;
  readonly target: Float64Array;
  readonly task: Task;
  readonly weights: Float64Array | undefined;
  readonly times: Float64Array | undefined;
  readonly init: Uint8Array | undefined;
  readonly seed: number;
  /** Shared; the main thread sets cell 0 to 1 to stop the training at its next report. */
  readonly stop: Int32Array;
}

/** What the worker answers: progress any number of times, then one of the others. */
export type TrainingReply =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "done"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly error: ErrorDocument };

/** A view of a larger buffer would take the whole buffer across; a copy of the view does not. */
function compact<A extends Float64Array | Int32Array>(array: A): A {
  if (array.buffer instanceof SharedArrayBuffer || array.byteLength === array.buffer.byteLength) return array;
  return array.slice() as A;
}

const compactColumn = (column: FrameColumn): FrameColumn =>
  column.kind === "numeric"
    ? { name: column.name, kind: "numeric", values: compact(column.values) }
    : { name: column.name, kind: "categorical", codes: compact(column.codes), categories: column.categories };

/** The message of a training. Arrays on SharedArrayBuffers cross without a copy, others with one. */
export function trainingMessage(estimator: string, params: object, input: TrainingInput): TrainingMessage {
  return {
    estimator,
    params,
    frame: { rows: input.frame.rows, columns: input.frame.columns.map(compactColumn) },
    target: compact(input.target),
    task: input.task,
    weights: input.weights && compact(input.weights),
    times: input.times && compact(input.times),
    init: input.init?.bytes(),
    seed: input.seed,
    stop: new Int32Array(new SharedArrayBuffer(4)),
  };
}
