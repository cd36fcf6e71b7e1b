import { describeMachine } from "./machine.ts";
import type { Measurement, Results, Variant, WorkloadResult } from "./results.ts";

/** The page of results: what was done, how, by whom, how fast, and whether it is what was promised. */
export function resultsPage(results: Results): string {
  const names = Object.keys(results);
  return [
    "# Measurements",
    "",
    "Written by `npm run bench` from `results.json`; do not edit. `npm run bench -- <workload> …` measures",
    "some workloads again and leaves the others as they are; `--quick` only tries them, on tiny data.",
    "",
    "Pawl and its peers run on the same machine in the same run. Each contender is a process of its own:",
    "one run to warm up, then counted runs in turn (A B C A B C …). Times are medians, from files to",
    "results in memory, interpreters and libraries already loaded. *First* is the run that warmed up.",
    "Memory is the highest resident size the operating system saw. × Pawl is a contender's median (or p50)",
    "over Pawl's: above 1 is slower than Pawl. A peer of the same semantics must give Pawl's answer on every",
    "row, or nothing is written. Peers are installed by the bench in their latest version.",
    "",
    ...summary(results),
    ...names.flatMap((name) => section(name, results[name] as WorkloadResult)),
  ].join("\n");
}

function summary(results: Results): string[] {
  const targets = Object.entries(results).flatMap(([name, result]) =>
    result.targets.map(
      (target) =>
        `| [${name}](#${name}) | ${target.text} | ${target.found} | ${target.met ? "yes" : "**no**"} |`,
    ),
  );
  if (targets.length === 0) return [];
  return ["## Targets", "", "| Workload | Target | Found | Met |", "|---|---|---|---|", ...targets, ""];
}

function section(name: string, result: WorkloadResult): string[] {
  return [
    `## ${name}`,
    "",
    result.about,
    "",
    result.method,
    "",
    `Measured ${result.date} on ${describeMachine(result.machine)}.`,
    "",
    ...result.variants.flatMap((variant) => variantTable(variant, result)),
  ];
}

function variantTable(variant: Variant, result: WorkloadResult): string[] {
  const pawl = variant.measurements.find((m) => m.pawl);
  const extra = result.extraColumns.filter(({ key }) =>
    variant.measurements.some((m) => m.numbers[key] !== undefined),
  );
  const { compareBy } = variant;
  const timed = compareBy === undefined;
  const compared = (m: Measurement | undefined): number | null =>
    (compareBy === undefined ? m?.median : m?.numbers[compareBy]) ?? null;
  const base = compared(pawl);
  const ratio = (m: Measurement): string => {
    const value = compared(m);
    if (m.pawl || value === null || base === null) return "–";
    return (variant.moreIsBetter === true ? base / value : value / base).toFixed(2);
  };
  const headings = [
    "Contender",
    ...(timed ? ["Median", "Min", "First"] : []),
    ...(variant.rows === null ? [] : ["Rows/s"]),
    ...extra.map(({ heading }) => heading),
    "Memory",
    "× Pawl",
    "Answer",
    "Runs",
  ];
  const lines = variant.measurements.map((m) => {
    const cells = [
      m.version === "" ? m.contender : `${m.contender} (${m.version})`,
      ...(timed ? [duration(m.median), duration(m.min), duration(m.first)] : []),
      ...(variant.rows === null ? [] : [m.median === null ? "–" : thousands(variant.rows / m.median)]),
      ...extra.map(({ key, digits }) => {
        const value = m.numbers[key];
        return value === undefined ? "–" : value.toFixed(digits);
      }),
      m.peakBytes === null ? "–" : `${Math.round(m.peakBytes / 2 ** 20)} MB`,
      ratio(m),
      answer(m),
      String(m.seconds.length),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const notes = variant.measurements.filter((m) => m.note !== null).map((m) => `- ${m.contender}: ${m.note}`);
  return [
    `### ${variant.name}`,
    "",
    `| ${headings.join(" | ")} |`,
    `|${headings.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`,
    ...lines,
    "",
    ...(notes.length > 0 ? [...notes, ""] : []),
  ];
}

function answer(m: Measurement): string {
  if (m.failed !== null) return `failed: ${m.failed.replaceAll("|", "\\|").slice(0, 120)}`;
  if (m.pawl) return "–";
  const lost = m.numbers["lostRows"];
  const lostText = lost !== undefined && lost > 0 ? `${thousands(lost)} rows lost, ` : "";
  if (m.answer === null) return lostText === "" ? "–" : lostText.slice(0, -2);
  if (m.answer.different === 0) return `${lostText}equal`;
  return `${lostText}${thousands(m.answer.different)} of ${thousands(m.answer.rows)} rows differ`;
}

/** Seconds in the unit that reads best. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 1e-3) return `${(seconds * 1e3).toFixed(seconds >= 0.1 ? 0 : 1)} ms`;
  return `${(seconds * 1e6).toFixed(1)} µs`;
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-GB");
}
