import type { Estimator } from "@pawl/core";
import { gradientBoosting } from "./boosting/gradient-boosting.ts";

/** The estimator with its parameter type forgotten: parameters are checked by `resolveParams`. */
const forget = <P extends object>(estimator: Estimator<P>): Estimator => estimator as unknown as Estimator;

/** Every estimator, the default first. */
export const estimators: readonly Estimator[] = [forget(gradientBoosting)];
