import type {
  EstimatorTraits,
  ModelDocument,
  ParamSpecs,
  Progress,
  TaskKind,
  TrainingInput,
} from "@pawl/core";

/**
 * What an estimator is made of. `fit` runs synchronously, in a worker thread when `heavy`; it gets
 * checked input and complete parameters, and reports often: a report is where a stop takes hold.
 */
export interface TrainingDefinition<P extends object> {
  readonly name: string;
  readonly about: string;
  readonly tasks: readonly TaskKind[];
  readonly params: ParamSpecs<P>;
  readonly traits: EstimatorTraits;
  readonly heavy: boolean;
  /** Undefined when it can run here, else why not. */
  unavailable?(): string | undefined;
  /** Runs on the main thread before a training. */
  prepare?(): void;
  fit(input: TrainingInput, params: P, report: (progress: Progress) => void): ModelDocument;
}
