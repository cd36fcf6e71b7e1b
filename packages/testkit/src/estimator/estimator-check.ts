import type { Estimator, TaskKind, TrainedModel } from "@pawl/core";

/** Runs an ONNX model on float32 rows (rows × columns) and gives its two outputs. */
export type OnnxRunner = (
  model: Uint8Array,
  features: Float32Array,
  rows: number,
) => Promise<{ readonly prediction: Float32Array; readonly margin: Float32Array }>;

/** What the suite needs to know beside the estimator. */
export interface EstimatorCheckOptions {
  /** Reads a model back from its bytes. */
  readonly load: (bytes: Uint8Array) => TrainedModel;
  /** Parameters that keep a training on a few hundred rows short. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Without it the ONNX checks are skipped, with that reason. */
  readonly onnx?: OnnxRunner;
  /** Columns whose order the baseline does not learn from: `false` for baselines. Default true. */
  readonly learns?: boolean;
}

/** The case under check. */
export interface EstimatorCase extends EstimatorCheckOptions {
  readonly estimator: Estimator;
  readonly kind: TaskKind;
}

/** One named check of one task. A skip carries its reason. */
export interface EstimatorCheck {
  readonly name: string;
  readonly skip?: string;
  run(): Promise<void>;
}
