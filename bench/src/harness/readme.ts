import type { Measurement, Results, Variant } from "./results.ts";
import { duration, thousands } from "./table.ts";

const start = "<!-- bench:start -->";
const end = "<!-- bench:end -->";

/** The README with its table of measurements made anew. Throws when the place for it is gone. */
export function withBenchTable(readme: string, results: Results): string {
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The README has no ${start} … ${end}.`);
  return `${readme.slice(0, from)}${start}\n${table(results)}\n${readme.slice(to)}`;
}

function table(results: Results): string {
  const rows = Object.entries(results).flatMap(([name, { variants, extraColumns }]) =>
    variants.map((variant) => {
      const heading = extraColumns.find(({ key }) => key === variant.compareBy)?.heading ?? variant.compareBy;
      return `| ${name}: ${variant.name} | ${cells(variant, heading).join(" | ")} |`;
    }),
  );
  return ["", "| Workload | Pawl | Peers, in multiples of Pawl |", "|---|---:|---|", ...rows, ""].join("\n");
}

/** What Pawl took, and how many times that every peer took; of rates, how many times fewer. */
function cells(variant: Variant, heading: string | undefined): [string, string] {
  const { compareBy, moreIsBetter, measurements } = variant;
  const value = (m: Measurement | undefined): number | null =>
    (compareBy === undefined ? m?.median : m?.numbers[compareBy]) ?? null;
  const own = value(measurements.find((m) => m.pawl));
  const peers = measurements
    .filter((m) => !m.pawl)
    .map((m) => {
      const theirs = value(m);
      if (m.failed !== null || theirs === null || own === null) return `${m.contender} failed`;
      const ratio = moreIsBetter === true ? own / theirs : theirs / own;
      return `${m.contender} ${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(2)}×`;
    });
  return [own === null ? "–" : shown(own, heading), peers.join(", ")];
}

/** A number under its heading, "p50, µs" or "requests/s"; a time when it has none. */
function shown(value: number, heading: string | undefined): string {
  if (heading === undefined) return duration(value);
  const [name = "", unit = ""] = heading.split(", ");
  const digits = value >= 100 ? thousands(value) : value.toFixed(2);
  return unit === "" ? `${digits} ${name}` : `${name} ${digits} ${unit}`;
}
