import type { OnlineStore } from "@pawl/present";
import { type Instrument, Reading } from "./instruments.ts";

/** What a present says of itself. */
export function presentMetrics(present: OnlineStore): readonly Instrument[] {
  const single = (read: () => number) => () => [[{}, read()]] as const;
  return [
    new Reading(
      "counter",
      "pawl_present_changes_total",
      "Facts accepted, corrected and removed since the beginning.",
      single(() => present.stats().sequence),
    ),
    new Reading(
      "gauge",
      "pawl_present_waiting_facts",
      "Facts waiting for the disk.",
      single(() => present.stats().waiting),
    ),
    new Reading(
      "gauge",
      "pawl_present_memory_bytes",
      "State kept decoded in memory.",
      single(() => present.stats().bytesInMemory),
    ),
    new Reading(
      "gauge",
      "pawl_present_log_bytes",
      "Size of the log of facts.",
      single(() => present.stats().logBytes),
    ),
    new Reading(
      "gauge",
      "pawl_present_backfilling",
      "Facts still to be read for new features, by index.",
      () => present.stats().indexes.map(({ name, remaining }) => [{ index: name }, remaining] as const),
    ),
  ];
}
