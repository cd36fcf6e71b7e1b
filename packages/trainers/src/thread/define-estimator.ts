import {
  PawlError,
  checkTrainingInput,
  encodeModelDocument,
  resolveParams,
  type Estimator,
  type TrainedModel,
  type TrainingInput,
  type Work,
} from "@pawl/core";
import { loadModel } from "../load-model.ts";
import type { TrainingDefinition } from "./training-definition.ts";
import { trainingMessage } from "./training-message.ts";
import { trainInThread } from "./training-threads.ts";

/** Makes an estimator of a definition: input checks, parameters, thread, progress and stopping. */
export function defineEstimator<P extends object>(definition: TrainingDefinition<P>): Estimator<P> {
  const { name, about, tasks, params: specs, traits } = definition;
  return {
    name,
    about,
    tasks,
    params: specs,
    traits,
    ...(definition.unavailable && { unavailable: definition.unavailable }),
    async train(input: TrainingInput, given: Partial<P>, work: Work = {}): Promise<TrainedModel> {
      const params = resolveParams(specs, given);
      checkTrainingInput(input);
      checkClaims(definition, input);
      definition.prepare?.();
      if (definition.heavy) return loadModel(await trainInThread(trainingMessage(name, params, input), work));
      const document = definition.fit(input, params, (progress) => {
        if (work.signal?.aborted) throw new PawlError("cancelled", "The training was stopped on request.");
        work.onProgress?.(progress);
      });
      return loadModel(encodeModelDocument(document));
    },
  };
}

function checkClaims<P extends object>(definition: TrainingDefinition<P>, input: TrainingInput): void {
  const { name, tasks, traits } = definition;
  if (!tasks.includes(input.task.kind)) {
    throw new PawlError("unsupported", `The estimator ${name} does not learn this task.`, {
      found: input.task.kind,
      expected: tasks.join(", "),
    });
  }
  if (input.init !== undefined && !traits.warmStart) {
    throw new PawlError("unsupported", `The estimator ${name} cannot continue a model.`, {
      next: "Leave out init; it learns afresh.",
    });
  }
  if (input.weights !== undefined && !traits.weights) {
    throw new PawlError("unsupported", `The estimator ${name} does not weigh rows.`, {
      next: "Leave out weights.",
    });
  }
  const why = definition.unavailable?.();
  if (why !== undefined) {
    throw new PawlError("unavailable", `The estimator ${name} cannot run here.`, { found: why });
  }
}
