import { parentPort } from "node:worker_threads";
import { PawlError, encodeModelDocument, toPawlError } from "@pawl/core";
import { definitions } from "../definitions.ts";
import { loadModel } from "../load-model.ts";
import type { TrainingMessage, TrainingReply } from "./training-message.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin.
const reply = (answer: TrainingReply): void => parentPort?.postMessage(answer);

function train(message: TrainingMessage): Uint8Array {
  const { estimator, params, frame, target, task, weights, times, init, seed } = message;
  const definition = definitions.find(({ name }) => name === estimator);
  if (definition === undefined) throw new PawlError("internal", `No estimator "${estimator}" in the thread.`);
  const input = {
    frame,
    target,
    task,
    seed,
    ...(weights !== undefined && { weights }),
    ...(times !== undefined && { times }),
    ...(init !== undefined && { init: loadModel(init) }),
  };
  const document = definition.fit(input, params, (progress) => {
    if (Atomics.load(message.stop, 0) !== 0)
      throw new PawlError("cancelled", "The training was stopped on request.");
    reply({ kind: "progress", progress });
  });
  return encodeModelDocument(document);
}

parentPort?.on("message", (message: TrainingMessage) => {
  try {
    reply({ kind: "done", bytes: train(message) });
  } catch (thrown) {
    reply({ kind: "failed", error: toPawlError(thrown).toJSON() });
  }
});
