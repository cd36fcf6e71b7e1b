import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import { checkHash, checkName, checkWhole } from "../checks.ts";
import type {
  AppliedDefinition,
  Definition,
  DefinitionChange,
  DefinitionPlan,
  DefinitionRef,
  PlanOptions,
} from "../definitions.ts";
import type { Json } from "../words.ts";
import { equal, piece, where } from "./conditions.ts";
import type { Sql } from "./database.ts";
import { descendants } from "./edges.ts";
import { readHead } from "./journal.ts";

export interface DefinitionRow {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly document: string;
  readonly depends_on: string;
  readonly applied_at: number;
  readonly removed_at: number | null;
}

export function definitionOf(row: DefinitionRow): AppliedDefinition {
  return {
    kind: row.kind,
    name: row.name,
    version: row.version,
    hash: row.hash,
    document: JSON.parse(row.document) as Json,
    dependsOn: JSON.parse(row.depends_on) as string[],
    appliedAt: row.applied_at,
    ...(row.removed_at !== null && { removedAt: row.removed_at }),
  };
}

function keyOf({ kind, name, version }: Required<DefinitionRef>): string {
  return JSON.stringify([kind, name, version]);
}

export function spoken({ kind, name, version }: Required<DefinitionRef>): string {
  return `${kind} ${name} v${version}`;
}

function checkDefinition(definition: Definition): void {
  checkName("kind of a definition", definition.kind);
  checkName(`name of a ${definition.kind}`, definition.name);
  checkWhole(`version of ${definition.kind} ${definition.name}`, definition.version, 1);
  checkHash(`hash of ${spoken(definition)}`, definition.hash);
  for (const hash of definition.dependsOn) checkHash(`dependency of ${spoken(definition)}`, hash);
}

/** The first definition of a batch that is built, in the end, on itself; by depth-first search over hashes. */
function onItself(documents: readonly Definition[]): Definition | undefined {
  const byHash = new Map<string, Definition[]>();
  for (const document of documents)
    byHash.set(document.hash, [...(byHash.get(document.hash) ?? []), document]);
  const state = new Map<string, "open" | "done">();
  // A stack of our own: a chain of definitions may be longer than the call stack.
  for (const root of documents) {
    const stack = [{ hash: root.hash, leave: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top.leave) {
        state.set(top.hash, "done");
        continue;
      }
      if (state.get(top.hash) !== undefined) continue;
      state.set(top.hash, "open");
      stack.push({ hash: top.hash, leave: true });
      for (const definition of byHash.get(top.hash) ?? []) {
        for (const hash of definition.dependsOn) {
          if (state.get(hash) === "open") return definition;
          stack.push({ hash, leave: false });
        }
      }
    }
  }
  return undefined;
}

async function changeFor(
  sql: Sql,
  definition: Definition,
  batch: ReadonlyMap<string, Definition>,
  batchHashes: ReadonlySet<string>,
): Promise<DefinitionChange> {
  const refused = (reason: string, next: string): DefinitionChange => ({
    change: "refused",
    definition,
    reason,
    next,
  });
  const first = batch.get(keyOf(definition));
  if (first !== definition && first !== undefined) {
    return first.hash === definition.hash
      ? { change: "unchanged", definition }
      : refused(
          `${spoken(definition)} stands twice among the definitions, with two meanings`,
          "Give one of them another name or version.",
        );
  }
  const here = await sql.one<DefinitionRow>(
    "SELECT * FROM definitions WHERE kind = ? AND name = ? AND version = ?",
    [definition.kind, definition.name, definition.version],
  );
  if (here !== undefined && here.hash !== definition.hash) {
    const newest = await sql.one<{ version: number }>(
      "SELECT MAX(version) AS version FROM definitions WHERE kind = ? AND name = ?",
      [definition.kind, definition.name],
    );
    return refused(
      `${spoken(definition)} already means something else (${here.hash.slice(0, 12)}, now ${definition.hash.slice(0, 12)})`,
      `Give it version ${(newest?.version ?? definition.version) + 1}, or another name.`,
    );
  }
  const sameWords =
    here?.document === canonicalJson(definition.document) &&
    here.depends_on === canonicalJson(definition.dependsOn);
  if (here?.removed_at === null && sameWords) return { change: "unchanged", definition };
  for (const hash of definition.dependsOn) {
    if (batchHashes.has(hash)) continue;
    if (
      (await sql.one("SELECT 1 AS hit FROM definitions WHERE hash = ? AND removed_at IS NULL", [hash])) !==
      undefined
    )
      continue;
    return refused(
      `${spoken(definition)} is built on ${hash.slice(0, 12)}, which is not among the definitions at work`,
      "Apply that definition first, or together with this one.",
    );
  }
  if (here !== undefined) {
    return { change: here.removed_at === null ? "updated" : "restored", definition };
  }
  const others = await sql.all<DefinitionRow>(
    "SELECT * FROM definitions WHERE hash = ? AND kind = ? AND removed_at IS NULL ORDER BY name, version",
    [definition.hash, definition.kind],
  );
  if (others.length > 0) {
    const sameAs = others.map(({ kind, name, version }) => ({ kind, name, version }));
    return { change: "same-meaning", definition, sameAs };
  }
  return { change: "added", definition };
}

async function leaving(
  sql: Sql,
  documents: readonly Definition[],
  options: PlanOptions,
): Promise<readonly AppliedDefinition[]> {
  const chosen = new Map<string, AppliedDefinition>();
  for (const ref of options.remove ?? []) {
    const { text, values } = where([
      piece("kind = ? AND name = ? AND removed_at IS NULL", ref.kind, ref.name),
      equal("version", ref.version),
    ]);
    const rows = await sql.all<DefinitionRow>(`SELECT * FROM definitions ${text} ORDER BY version`, values);
    if (rows.length === 0) {
      throw new PawlError("not_found", `There is no ${ref.kind} ${ref.name} at work.`, {
        found: `${ref.kind} ${ref.name}${ref.version === undefined ? "" : ` v${ref.version}`}`,
        expected: "a definition that is applied",
        next: "List the definitions to see their names and versions.",
      });
    }
    for (const row of rows) chosen.set(keyOf(row), definitionOf(row));
  }
  if (options.prune === true) {
    const named = new Set(documents.map(({ kind, name }) => JSON.stringify([kind, name])));
    const rows = await sql.all<DefinitionRow>(
      "SELECT * FROM definitions WHERE removed_at IS NULL ORDER BY kind, name, version",
    );
    for (const row of rows) {
      if (!named.has(JSON.stringify([row.kind, row.name]))) chosen.set(keyOf(row), definitionOf(row));
    }
  }
  return [...chosen.values()];
}

/** Why a definition may not be taken from work, if so. */
async function heldBy(
  sql: Sql,
  definition: AppliedDefinition,
  left: ReadonlySet<string>,
  documents: readonly Definition[],
): Promise<string | undefined> {
  const live = await sql.all<DefinitionRow>(
    "SELECT * FROM definitions WHERE removed_at IS NULL AND hash = ?",
    [definition.hash],
  );
  // The meaning stays at work under another name.
  if (live.some((row) => !left.has(keyOf(row)))) return undefined;
  if (documents.some(({ hash }) => hash === definition.hash)) return undefined;
  const built = documents.find(({ dependsOn }) => dependsOn.includes(definition.hash));
  if (built !== undefined) return spoken(built);
  const dependants = await sql.all<DefinitionRow>(
    `SELECT d.* FROM edges e JOIN definitions d ON d.hash = e.to_id
     WHERE e.from_kind = 'definition' AND e.from_id = ? AND e.to_kind = 'definition' AND d.removed_at IS NULL
     ORDER BY d.kind, d.name, d.version`,
    [definition.hash],
  );
  const dependant = dependants.find((row) => !left.has(keyOf(row)));
  if (dependant !== undefined) return spoken(dependant);
  for (const id of await descendants(sql, { kind: "definition", id: definition.hash }, "deployment")) {
    const deployment = await sql.one<{ name: string; role: string }>(
      "SELECT name, role FROM deployments WHERE id = ? AND until IS NULL",
      [id],
    );
    if (deployment !== undefined) return `deployment ${deployment.name} (${deployment.role})`;
  }
  return undefined;
}

/** Compares documents with what is applied. Reads only. */
export async function planDefinitions(
  sql: Sql,
  documents: readonly Definition[],
  options: PlanOptions,
): Promise<DefinitionPlan> {
  for (const definition of documents) checkDefinition(definition);
  const circular = onItself(documents);
  if (circular !== undefined) {
    throw new PawlError("invalid_definition", "A definition is built on itself.", {
      found: `${spoken(circular)}, in a circle of dependencies`,
      expected: "dependencies that end at sources",
      next: "Break the circle.",
    });
  }
  const batch = new Map<string, Definition>();
  for (const definition of documents) {
    if (!batch.has(keyOf(definition))) batch.set(keyOf(definition), definition);
  }
  const batchHashes = new Set(documents.map(({ hash }) => hash));
  const changes: DefinitionChange[] = [];
  for (const definition of documents) changes.push(await changeFor(sql, definition, batch, batchHashes));
  const removals = await leaving(sql, documents, options);
  const left = new Set(removals.map(keyOf));
  for (const { appliedAt: _, removedAt: __, ...definition } of removals) {
    if (batch.has(keyOf(definition))) {
      changes.push({
        change: "refused",
        definition,
        reason: `${spoken(definition)} is to be applied and removed at once`,
        next: "Leave it out of one of the two.",
      });
      continue;
    }
    const holder = await heldBy(sql, { ...definition, appliedAt: _ }, left, documents);
    changes.push(
      holder === undefined
        ? { change: "removed", definition }
        : {
            change: "refused",
            definition,
            reason: `${spoken(definition)} cannot be removed: ${holder} depends on it`,
            next: `Remove or stop ${holder} first.`,
          },
    );
  }
  const { id } = await readHead(sql);
  return { changes, refused: changes.some(({ change }) => change === "refused"), basis: id };
}
