import type { Estimator } from "@pawl/core";
import { majority } from "./baselines/majority.ts";
import { noChange } from "./baselines/no-change.ts";
import { seasonal } from "./baselines/seasonal.ts";
import { gradientBoosting } from "./boosting/gradient-boosting.ts";
import { isolationForest } from "./isolation-forest/isolation-forest.ts";
import { lightgbm } from "./lightgbm/lightgbm.ts";
import { ftrl } from "./linear/ftrl.ts";
import { linear } from "./linear/linear.ts";

/** The estimator with its parameter type forgotten: parameters are checked by `resolveParams`. */
const forget = <P extends object>(estimator: Estimator<P>): Estimator => estimator as unknown as Estimator;

/** Every estimator, the default first. */
export const estimators: readonly Estimator[] = [
  forget(gradientBoosting),
  forget(lightgbm),
  forget(linear),
  forget(ftrl),
  forget(isolationForest),
  forget(majority),
  forget(noChange),
  forget(seasonal),
];
