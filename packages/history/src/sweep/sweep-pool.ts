import type { Worker } from "node:worker_threads";
import { PawlError, type Work } from "@pawl/core";
import { divide } from "./divide.ts";
import { startWorker } from "./start-worker.ts";
import type { SweepJob, SweepPart } from "./sweep-job.ts";
import { sweepKeys } from "./sweep-keys.ts";
import type { FromWorker, ToWorker } from "./sweep-worker.ts";

/** Facts and rows times slots below which a thread costs more than it saves. */
const worthThreads = 400_000;

/** Threads that sweep. They are started when first needed and kept; they do not keep the process alive. */
export class SweepPool {
  readonly #threads: number;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #waiting: ((worker: Worker | undefined) => void)[] = [];
  #serial = 0;
  #closed = false;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Starts the threads ahead of need: while facts are still being read. */
  warm(): void {
    while (this.#all.size < this.#threads && !this.#closed) this.#idle.push(this.#start());
  }

  /** Runs a whole job. Small ones, of some milliseconds, run here. */
  async run(job: SweepJob, work: Work = {}): Promise<void> {
    const weight = (job.facts.order.length + job.rows.asOf.length) * job.slots.length;
    const parts = divide(job, weight < worthThreads ? 1 : this.#threads);
    const rows = job.rows.order.length * job.slots.length;
    const stop = (): void => void Atomics.store(job.control, 0, 1);
    if (work.signal?.aborted) stop();
    work.signal?.addEventListener("abort", stop);
    const report = (): void => {
      const done = Math.min(rows, Atomics.load(job.control, 1) * 1000);
      work.onProgress?.({ stage: "computing features", done, total: rows });
    };
    const timer = work.onProgress && setInterval(report, 200);
    try {
      if (weight < worthThreads) {
        for (const part of parts) sweepKeys(job, part);
      } else await this.#runParts(job, parts);
    } finally {
      if (timer) clearInterval(timer);
      work.signal?.removeEventListener("abort", stop);
    }
  }

  close(): void {
    this.#closed = true;
    for (const give of this.#waiting.splice(0)) give(undefined);
    for (const worker of this.#all) void worker.terminate();
    this.#all.clear();
    this.#idle.length = 0;
  }

  async #runParts(job: SweepJob, parts: readonly SweepPart[]): Promise<void> {
    const id = this.#serial++;
    const queue = [...parts];
    const told = new Set<Worker>();
    const failed: unknown[] = [];
    const lane = async (): Promise<void> => {
      const worker = await this.#take();
      try {
        for (let part = queue.shift(); part && failed.length === 0; part = queue.shift()) {
          if (!told.has(worker)) {
            told.add(worker);
            send(worker, { kind: "job", id, job });
          }
          await this.#part(worker, id, part);
        }
      } catch (thrown) {
        failed.push(thrown);
        Atomics.store(job.control, 0, 1);
      } finally {
        if (told.has(worker) && this.#all.has(worker)) send(worker, { kind: "forget", id });
        this.#give(worker);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#threads, parts.length) }, lane));
    if (failed.length > 0) throw failed[0];
  }

  #part(worker: Worker, id: number, part: SweepPart): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        worker.off("message", onMessage);
        worker.off("error", onError);
        worker.off("exit", onExit);
        finish();
      };
      const onMessage = (answer: FromWorker): void =>
        settle(() => (answer.error ? reject(PawlError.fromJSON(answer.error)) : resolve()));
      const onError = (cause: unknown): void => settle(() => reject(workerDied(cause)));
      const onExit = (): void =>
        settle(() =>
          reject(this.#closed ? new PawlError("cancelled", "Stopped on request.") : workerDied(undefined)),
        );
      worker.on("message", onMessage);
      worker.on("error", onError);
      worker.on("exit", onExit);
      send(worker, { kind: "part", id, part });
    });
  }

  #start(): Worker {
    const worker = startWorker();
    worker.unref();
    worker.on("error", () => this.#all.delete(worker));
    worker.on("exit", () => this.#all.delete(worker));
    this.#all.add(worker);
    return worker;
  }

  async #take(): Promise<Worker> {
    if (this.#closed) throw new PawlError("conflict", "History is closed.");
    for (let worker = this.#idle.pop(); worker; worker = this.#idle.pop()) {
      if (this.#all.has(worker)) return held(worker);
    }
    if (this.#all.size < this.#threads) return held(this.#start());
    const worker = await new Promise<Worker | undefined>((give) => this.#waiting.push(give));
    if (!worker) throw new PawlError("cancelled", "Stopped on request.");
    return held(worker);
  }

  #give(worker: Worker): void {
    worker.unref();
    if (this.#closed) return;
    const next = this.#waiting.shift();
    const alive = this.#all.has(worker) ? worker : this.#start();
    if (next) next(alive);
    else this.#idle.push(alive);
  }
}

/** A thread at work keeps the process alive; an idle one does not. */
function held(worker: Worker): Worker {
  worker.ref();
  return worker;
}

function send(worker: Worker, message: ToWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(message);
}

function workerDied(cause: unknown): PawlError {
  const found = cause instanceof Error ? cause.message : "the thread ended";
  const isMemory = /memory/i.test(found);
  return new PawlError(isMemory ? "exhausted" : "internal", "A sweep thread failed.", {
    found,
    ...(isMemory && { next: "Lower factsPerPass, or fill a shorter period at a time." }),
    cause,
  });
}
