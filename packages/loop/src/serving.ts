import type { JsonValue, Kind, Task } from "@pawl/core";

export type { JsonValue } from "@pawl/core";

/** One model that answers: what it is called, what it takes, what it gives. */
export interface ServedModel {
  readonly name: string;
  /** Version in the ledger, from 1. */
  readonly version: number;
  /** SHA-256 of the model's bytes. */
  readonly hash: string;
  readonly task: Task;
  /** Columns of the row a prediction is asked for: keys, the moment, and what else the view reads from it. */
  readonly spine: readonly { readonly name: string; readonly kind: Kind; readonly entity?: string }[];
  /** The spine column that is the moment of the prediction. */
  readonly asOf: string;
  /** Columns of the view, in the model's order. */
  readonly inputs: readonly { readonly name: string; readonly kind: Kind }[];
}

export interface PredictRequest {
  readonly model: string;
  /** Rows of spine columns (`keys`: features are looked up) or of view columns (`values`). */
  readonly rows: readonly Readonly<Record<string, JsonValue>>[];
  readonly by: "keys" | "values";
  /** The moment features are looked up as of, where the row's own moment column is not given. Default: now. */
  readonly asOf?: string;
  /** Also say how much each input moved the answer (TreeSHAP or exact linear), in the margin's unit. */
  readonly explain?: boolean;
  /** Also give back the inputs the model saw. */
  readonly features?: boolean;
}

export interface Prediction {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly asOf: string;
  /** binary: true or false at the threshold; multiclass: the class; regression and anomaly: the number. */
  readonly value: boolean | string | number;
  /** binary: the probability of true; multiclass: of the value. */
  readonly probability?: number;
  /** multiclass: by class. */
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly features?: Readonly<Record<string, JsonValue>>;
  readonly explanation?: {
    readonly base: number;
    readonly contributions: readonly {
      readonly name: string;
      readonly value: JsonValue;
      readonly contribution: number;
    }[];
  };
}

/** What answers predictions. Errors: `not_found` (model), `invalid_input` (row, with its index in details). */
export interface Serving {
  models(): readonly ServedModel[];
  predict(request: PredictRequest, signal?: AbortSignal): Promise<readonly Prediction[]>;
  /** True once models are loaded and warm; what readiness reports. */
  ready(): boolean;
  close(): Promise<void>;
}
