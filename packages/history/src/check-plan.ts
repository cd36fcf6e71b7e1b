import { aggregates, calendarParts, type ExprNode, functions, type Plan, PawlError, walk } from "@pawl/core";
import { functionSql } from "./sql/function-sql.ts";

/** Refuses by name what this engine cannot do. Nothing is read. */
export function checkPlan(plan: Plan): void {
  for (const lookup of plan.lookups) {
    const { source } = lookup;
    refuseCase(`source "${source.name}"`, Object.keys(source.columns));
    checkNode(source.knownTime, `knownTime of "${source.name}"`);
    for (const { node } of lookup.aggregates) checkNode(node, `a feature of "${source.name}"`);
  }
  for (const output of plan.outputs) {
    const nodes = output.node ? [output.node] : Object.values(output.onDemand?.inputs ?? {});
    for (const node of nodes) checkNode(node, `"${output.name}"`);
  }
}

/** Refuses names that differ in case only: DuckDB takes them for one. */
export function refuseCase(what: string, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new PawlError("unsupported", `History cannot tell apart two columns of ${what}.`, {
        found: `"${other}" and "${name}"`,
        expected: "names that differ in more than upper and lower case",
        next: "Declare one of them under another name, with rename.",
      });
    }
    seen.set(name.toLowerCase(), name);
  }
}

function checkNode(root: ExprNode, place: string): void {
  const refuse = (what: string, found: string, next?: string): never => {
    throw new PawlError("unsupported", `History cannot compute ${what} in ${place}.`, {
      found,
      ...(next !== undefined && { next }),
    });
  };
  walk(root, (node) => {
    if (node.op === "aggregate" && !Object.hasOwn(aggregates, node.fn)) {
      refuse("this aggregate", String(node.fn), `Use one of ${Object.keys(aggregates).join(", ")}.`);
    }
    if (node.op !== "call") return;
    if (!Object.hasOwn(functionSql, node.fn) || !Object.hasOwn(functions, node.fn)) {
      refuse("this function", String(node.fn), `Use one of ${Object.keys(functions).join(", ")}.`);
    }
    if (node.fn !== "calendar") return;
    const [part, , zone] = node.args;
    if (part?.op !== "literal" || zone?.op !== "literal") {
      refuse("a calendar whose part or zone is not a constant", "an expression");
    } else if (!calendarParts.some((known) => known === part.value)) {
      refuse("this part of a calendar", String(part.value), `Use one of ${calendarParts.join(", ")}.`);
    } else checkZone(String(zone.value), refuse);
  });
}

function checkZone(zone: string, refuse: (what: string, found: string, next?: string) => never): void {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    refuse("this time zone", zone, 'Use an IANA name such as "America/Chicago".');
  }
}
