import { parentPort } from "node:worker_threads";
import { type ErrorDocument, toPawlError } from "@pawl/core";
import type { SweepJob, SweepPart } from "./sweep-job.ts";
import { sweepKeys } from "./sweep-keys.ts";

/** A job is sent once; parts name it by its number. */
export type ToWorker =
  | { readonly kind: "job"; readonly id: number; readonly job: SweepJob }
  | { readonly kind: "part"; readonly id: number; readonly part: SweepPart }
  | { readonly kind: "forget"; readonly id: number };

export type FromWorker = { readonly error?: ErrorDocument };

const jobs = new Map<number, SweepJob>();

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "job") jobs.set(message.id, message.job);
  else if (message.kind === "forget") jobs.delete(message.id);
  else {
    const job = jobs.get(message.id);
    let answer: FromWorker = {};
    try {
      if (job) sweepKeys(job, message.part);
    } catch (thrown) {
      answer = { error: toPawlError(thrown).toJSON() };
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage(answer);
  }
});
