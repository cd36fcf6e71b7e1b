import { majorityDefinition } from "./baselines/majority.ts";
import { noChangeDefinition } from "./baselines/no-change.ts";
import { seasonalDefinition } from "./baselines/seasonal.ts";
import { gradientBoostingDefinition } from "./boosting/gradient-boosting.ts";
import { isolationForestDefinition } from "./isolation-forest/isolation-forest.ts";
import { lightgbmDefinition } from "./lightgbm/lightgbm.ts";
import { ftrlDefinition } from "./linear/ftrl.ts";
import { linearDefinition } from "./linear/linear.ts";
import type { TrainingDefinition } from "./thread/training-definition.ts";

/** Any definition, its parameter type forgotten; `resolveParams` has checked them before `fit`. */
type AnyDefinition = TrainingDefinition<object>;

const forget = <P extends object>(definition: TrainingDefinition<P>): AnyDefinition =>
  definition as unknown as AnyDefinition;

/** Every trainer, for the training thread to find by name. */
export const definitions: readonly AnyDefinition[] = [
  forget(gradientBoostingDefinition),
  forget(lightgbmDefinition),
  forget(linearDefinition),
  forget(ftrlDefinition),
  forget(isolationForestDefinition),
  forget(majorityDefinition),
  forget(noChangeDefinition),
  forget(seasonalDefinition),
];
