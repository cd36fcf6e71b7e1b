import { randomBytes } from "node:crypto";
import type { Surroundings } from "./words.ts";

/** The machine's clock, in microseconds that never step back within a process, and its random source. */
export const systemSurroundings: Surroundings = {
  clock: () => Math.floor((performance.timeOrigin + performance.now()) * 1_000),
  random: (bytes) => randomBytes(bytes),
};
