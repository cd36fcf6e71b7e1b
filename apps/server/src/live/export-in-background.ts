import { exportFacts, type Ports } from "@pawl/loop";
import type { OnlineStore } from "@pawl/present";
import type { Log } from "../log.ts";

const everyMs = 2000;

/**
 * Keeps history close behind the log while a server takes facts in: whatever is new is exported every two
 * seconds, one export at a time, and once more when it is stopped. A failure is logged and tried again.
 */
export function exportInBackground(ports: Ports, present: OnlineStore, log: Log): { stop(): Promise<void> } {
  let done = 0;
  let running: Promise<void> | undefined;

  const exportNews = async (): Promise<void> => {
    const { sequence } = present.stats();
    if (sequence === done) return;
    try {
      await exportFacts(ports, present);
      done = sequence;
    } catch (error) {
      log.error({ error: String(error) }, "facts could not be exported to history");
    }
  };
  const timer = setInterval(() => {
    running ??= exportNews().finally(() => {
      running = undefined;
    });
  }, everyMs);
  timer.unref();

  return {
    async stop() {
      clearInterval(timer);
      await running;
      await exportNews();
    },
  };
}
