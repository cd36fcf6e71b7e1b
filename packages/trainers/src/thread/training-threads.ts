import type { Worker } from "node:worker_threads";
import { PawlError, toPawlError, type Work } from "@pawl/core";
import { startWorker } from "./start-worker.ts";
import type { TrainingMessage, TrainingReply } from "./training-message.ts";

const workerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./training-worker.ts" : "./training-worker.js",
  import.meta.url,
);

/** One thread that has finished waits for the next training; more are let go. */
let idle: Worker | undefined;

function forget(worker: Worker): void {
  if (idle === worker) idle = undefined;
}

function newWorker(): Worker {
  const worker = startWorker(workerUrl);
  // Always heard: a late error of an idle thread must not end the process.
  worker.on("error", () => forget(worker));
  worker.on("exit", () => forget(worker));
  return worker;
}

const stopped = (): PawlError => new PawlError("cancelled", "The training was stopped on request.");

/** Milliseconds a training may take to stop by itself, which frees what it holds; then it is ended. */
const graceful = 500;

/**
 * Runs a training in a worker thread and gives the model's bytes. An abort stops the training at its
 * next report, or ends the thread when none comes soon, and rejects with `cancelled`.
 */
export async function trainInThread(message: TrainingMessage, work: Work): Promise<Uint8Array> {
  if (work.signal?.aborted) throw stopped();
  const worker = idle ?? newWorker();
  idle = undefined;
  worker.ref();
  const { bytes, reusable, error } = await answerOf(worker, message, work);
  if (reusable && idle === undefined) {
    worker.unref();
    idle = worker;
  } else {
    await worker.terminate();
  }
  if (bytes === undefined) throw error;
  return bytes;
}

interface Answer {
  readonly bytes?: Uint8Array;
  readonly error?: PawlError;
  /** Whether the thread is done with the training and can take another. */
  readonly reusable: boolean;
}

function answerOf(worker: Worker, message: TrainingMessage, { signal, onProgress }: Work): Promise<Answer> {
  return new Promise((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    const finish = (answer: Answer): void => {
      clearTimeout(grace);
      signal?.removeEventListener("abort", onAbort);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      resolve(answer);
    };
    const onAbort = (): void => {
      Atomics.store(message.stop, 0, 1);
      grace = setTimeout(() => finish({ error: stopped(), reusable: false }), graceful);
    };
    const onError = (cause: unknown): void => finish({ error: toPawlError(cause), reusable: false });
    const onExit = (code: number): void => {
      const error = new PawlError("exhausted", "The training thread ended before it was done.", {
        found: `exit code ${code}`,
        next: "Usually memory: train on fewer rows or columns.",
      });
      finish({ error, reusable: false });
    };
    const onMessage = (reply: TrainingReply): void => {
      // Stopped a moment before the end is stopped all the same.
      if (signal?.aborted) {
        if (reply.kind !== "progress") finish({ error: stopped(), reusable: true });
      } else if (reply.kind === "done") {
        finish({ bytes: reply.bytes, reusable: true });
      } else if (reply.kind === "failed") {
        finish({ error: PawlError.fromJSON(reply.error), reusable: true });
      } else {
        // A listener's own error ends the training; here it would be an uncaught one.
        try {
          onProgress?.(reply.progress);
        } catch (thrown) {
          finish({ error: toPawlError(thrown), reusable: false });
        }
      }
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin.
    worker.postMessage(message);
  });
}
