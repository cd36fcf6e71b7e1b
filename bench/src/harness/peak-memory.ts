import { readFileSync } from "node:fs";

/**
 * The highest resident memory of this process so far, in bytes. On Linux it is read from the process's own
 * status: the maximum that `getrusage` gives also counts what the parent held when it forked.
 */
export function peakMemory(): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    if (found) return Number(found[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
