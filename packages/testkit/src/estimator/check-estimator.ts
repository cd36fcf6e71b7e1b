import type { Estimator } from "@pawl/core";
import type { EstimatorCase, EstimatorCheck, EstimatorCheckOptions } from "./estimator-check.ts";
import { inputChecks } from "./input-checks.ts";
import { modelChecks } from "./model-checks.ts";
import { onnxChecks } from "./onnx-checks.ts";
import { trainingChecks } from "./training-checks.ts";

/**
 * Everything an estimator must do, as named checks for each of its tasks. In a test file:
 * `for (const check of estimatorChecks(e, options)) it.skipIf(check.skip)(check.name, () => check.run())`.
 */
export function estimatorChecks<P extends object>(
  estimator: Estimator<P>,
  options: EstimatorCheckOptions,
): readonly EstimatorCheck[] {
  // The suite gives parameters as plain data; the estimator checks them.
  const plain = estimator as unknown as Estimator;
  return plain.tasks.flatMap((kind) => {
    const subject: EstimatorCase = { ...options, estimator: plain, kind };
    const checks = [
      ...inputChecks(subject),
      ...trainingChecks(subject),
      ...modelChecks(subject),
      ...onnxChecks(subject),
    ];
    return checks.map((check) => ({
      ...check,
      name: `${kind}: ${check.name}${check.skip === undefined ? "" : ` (skipped: ${check.skip})`}`,
      run: () => check.run(),
    }));
  });
}

/** Runs every check that is not skipped; throws what the first failing one says, with its name. */
export async function checkEstimator<P extends object>(
  estimator: Estimator<P>,
  options: EstimatorCheckOptions,
): Promise<void> {
  for (const check of estimatorChecks(estimator, options)) {
    if (check.skip !== undefined) continue;
    try {
      await check.run();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${estimator.name}, ${check.name}: ${why}`, { cause });
    }
  }
}
