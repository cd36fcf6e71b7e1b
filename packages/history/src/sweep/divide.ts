import type { SweepJob, SweepPart } from "./sweep-job.ts";

/**
 * Parts of about equal weight, a few for each thread, so that none waits long for another. A key heavier
 * than a part is divided by aggregates: one hot key does not leave the other threads idle.
 */
export function divide(job: SweepJob, threads: number): SweepPart[] {
  const all = job.slots.map((_, s) => s);
  const { facts, rows } = job;
  const { from: firstKey, until: lastKey } = job.keys;
  if (all.length === 0) return [];
  const weightOf = (key: number): number => {
    const asked = (rows.offsets[key + 1] as number) - (rows.offsets[key] as number);
    const known = (facts.offsets[key + 1] as number) - (facts.offsets[key] as number);
    return asked === 0 ? 0 : asked + 2 * known;
  };
  let total = 0;
  for (let key = firstKey; key < lastKey; key++) total += weightOf(key);
  const target = threads === 1 ? Number.POSITIVE_INFINITY : Math.ceil(total / (threads * 4));
  const parts: SweepPart[] = [];
  const heavy: SweepPart[] = [];
  let from = firstKey;
  let weight = 0;
  const finish = (until: number): void => {
    if (weight > 0) parts.push({ fromKey: from, untilKey: until, slots: all });
    from = until;
    weight = 0;
  };
  for (let key = firstKey; key < lastKey; key++) {
    const own = weightOf(key);
    if (own > target && all.length > 1) {
      finish(key);
      for (let lane = 0; lane < Math.min(threads, all.length); lane++) {
        const slots = all.filter((s) => s % threads === lane);
        heavy.push({ fromKey: key, untilKey: key + 1, slots });
      }
      from = key + 1;
      continue;
    }
    weight += own;
    if (weight >= target) finish(key + 1);
  }
  finish(lastKey);
  return [...heavy, ...parts];
}
