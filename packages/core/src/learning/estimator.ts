import type { Work } from "../progress.ts";
import type { ParamSpecs } from "./params.ts";
import type { TaskKind } from "./task.ts";
import type { TrainedModel } from "./trained-model.ts";
import type { TrainingInput } from "./training-input.ts";

/** What an estimator can do beyond the contract; the conformance suite tests exactly what is claimed. */
export interface EstimatorTraits {
  /** `init` continues training. Otherwise it is refused with `unsupported`. */
  readonly warmStart: boolean;
  /** Sample weights change the result. */
  readonly weights: boolean;
  /** Shuffling the training rows gives the same model, byte for byte. */
  readonly rowOrderFree: boolean;
  /** Takes `monotone: { column: 1 | -1 }`. */
  readonly monotone: boolean;
  /** `toOnnx` works; otherwise why not. */
  readonly onnx: true | string;
}

/** Something that learns. `P` is its parameter object; all of it is optional to the caller. */
export interface Estimator<P extends object = Record<string, unknown>> {
  readonly name: string;
  /** One sentence for a person choosing. */
  readonly about: string;
  readonly tasks: readonly TaskKind[];
  readonly params: ParamSpecs<P>;
  readonly traits: EstimatorTraits;
  /** Undefined when it can run here, else why not and what to do. */
  unavailable?(): string | undefined;
  /**
   * Trains, off the main thread when heavy. Equal input, parameters and seed give equal bytes,
   * whatever the number of threads. Errors: `invalid_input`, `insufficient_data`, `unsupported`,
   * `cancelled` (soon after the signal), `unavailable`.
   */
  train(input: TrainingInput, params: Partial<P>, work?: Work): Promise<TrainedModel>;
}
