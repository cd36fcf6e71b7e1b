import { gradientBoostingDefinition } from "./boosting/gradient-boosting.ts";
import type { TrainingDefinition } from "./thread/training-definition.ts";

/** Any definition, its parameter type forgotten; `resolveParams` has checked them before `fit`. */
type AnyDefinition = TrainingDefinition<object>;

const forget = <P extends object>(definition: TrainingDefinition<P>): AnyDefinition =>
  definition as unknown as AnyDefinition;

/** Every trainer, for the training thread to find by name. */
export const definitions: readonly AnyDefinition[] = [forget(gradientBoostingDefinition)];
