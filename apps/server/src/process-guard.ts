import { randomUUID } from "node:crypto";
import type { Log } from "./log.ts";

/**
 * Logs what nobody caught, under an id, and then stops the server: after a fault of that kind nothing is
 * known of the process's state. Returns what takes the guard away.
 */
export function guardProcess(log: Log, stop: (fault: unknown) => void): () => void {
  const caught = (fault: unknown): void => {
    const stack = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    log.error({ faultId: randomUUID(), stack }, "nobody caught this; stopping");
    stop(fault);
  };
  process.on("uncaughtException", caught);
  process.on("unhandledRejection", caught);
  return () => {
    process.off("uncaughtException", caught);
    process.off("unhandledRejection", caught);
  };
}
