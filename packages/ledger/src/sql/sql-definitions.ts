import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import type {
  AppliedDefinition,
  ApplyOptions,
  Definition,
  DefinitionPlan,
  DefinitionQuery,
  DefinitionRef,
  Definitions,
} from "../definitions.ts";
import type { Subject } from "../timeline.ts";
import type { Page } from "../words.ts";
import { contains, equal, type Piece, piece, where } from "./conditions.ts";
import { pageLimit, questionMark, readCursor, writeCursor } from "./cursor.ts";
import type { Sql } from "./database.ts";
import { type DefinitionRow, definitionOf, planDefinitions } from "./definition-plan.ts";
import { addEdge } from "./edges.ts";
import type { Change, Journal } from "./journal.ts";
import { type Projections, projecting } from "./projection.ts";

interface Named {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
}

async function begin(sql: Sql, { kind, name, version }: Named, entry: number, at: number): Promise<void> {
  await sql.run("INSERT INTO definition_spells VALUES (?, ?, ?, ?, ?, NULL)", [
    kind,
    name,
    version,
    entry,
    at,
  ]);
}

export const definitionProjections: Projections = {
  "definition.applied": projecting<Definition>(async (sql, definition, { id, at }) => {
    const { kind, name, version, hash, document, dependsOn } = definition;
    await sql.run("INSERT INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", [
      kind,
      name,
      version,
      hash,
      canonicalJson(document),
      canonicalJson(dependsOn),
      at,
    ]);
    await begin(sql, definition, id, at);
    for (const dependency of dependsOn) {
      const from = { kind: "definition", id: dependency };
      await addEdge(sql, id, { from, to: { kind: "definition", id: hash }, relation: "defines" });
    }
  }),
  "definition.removed": projecting<Named>(async (sql, { kind, name, version }, { at }) => {
    await sql.run("UPDATE definitions SET removed_at = ? WHERE kind = ? AND name = ? AND version = ?", [
      at,
      kind,
      name,
      version,
    ]);
    await sql.run(
      "UPDATE definition_spells SET until = ? WHERE kind = ? AND name = ? AND version = ? AND until IS NULL",
      [at, kind, name, version],
    );
  }),
  "definition.restored": projecting<Named>(async (sql, named, { id, at }) => {
    const { kind, name, version } = named;
    await sql.run("UPDATE definitions SET removed_at = NULL WHERE kind = ? AND name = ? AND version = ?", [
      kind,
      name,
      version,
    ]);
    await begin(sql, named, id, at);
  }),
};

function subjectOf({ kind, name, version, hash }: Definition): Subject {
  return { kind, name, version, hash };
}

async function apply(
  change: Change,
  documents: readonly Definition[],
  options: ApplyOptions,
): Promise<DefinitionPlan> {
  const { sql } = change;
  if (options.plan !== undefined) {
    const newer = await sql.one<{ id: number; kind: string }>(
      `SELECT id, kind FROM timeline WHERE id > ?
       AND kind IN ('definition.applied', 'definition.removed', 'definition.restored') LIMIT 1`,
      [options.plan.basis],
    );
    if (newer !== undefined) {
      throw new PawlError("conflict", "The definitions have changed since the plan was made.", {
        found: `${newer.kind} at entry ${newer.id}`,
        expected: `nothing after entry ${options.plan.basis}`,
        next: "Plan again and look at the changes.",
      });
    }
  }
  const plan = await planDefinitions(sql, documents, options);
  const refusals = plan.changes.filter((one) => one.change === "refused");
  const [first] = refusals;
  if (first !== undefined) {
    throw new PawlError("definition_conflict", "The definitions cannot be applied; nothing was changed.", {
      found: refusals.map(({ reason }) => reason).join("; "),
      expected: "definitions that keep the meaning of every name and removals that nothing depends on",
      next: first.next,
      details: {
        refused: refusals.map(({ definition: { kind, name, version }, reason, next }) => ({
          kind,
          name,
          version,
          reason,
          next,
        })),
      },
    });
  }
  for (const { change: what, definition } of plan.changes) {
    const { kind, name, version, hash, document, dependsOn } = definition;
    const subject = subjectOf(definition);
    if (what === "added" || what === "same-meaning") {
      await change.record("definition.applied", subject, { kind, name, version, hash, document, dependsOn });
    } else if (what === "restored" || what === "removed") {
      await change.record(`definition.${what}`, subject, { kind, name, version });
    }
  }
  return plan;
}

function presence(query: DefinitionQuery): Piece | undefined {
  if (query.asOf !== undefined) {
    return piece(
      `EXISTS (SELECT 1 FROM definition_spells s WHERE s.kind = d.kind AND s.name = d.name
        AND s.version = d.version AND s.since < ? AND (s.until IS NULL OR s.until >= ?))`,
      query.asOf,
      query.asOf,
    );
  }
  if (query.presence === "both") return undefined;
  return piece(query.presence === "removed" ? "d.removed_at IS NOT NULL" : "d.removed_at IS NULL");
}

/** What was not yet known about a definition at a moment is left out of the answer. */
function asKnown(definition: AppliedDefinition, asOf: number | undefined): AppliedDefinition {
  if (asOf === undefined || definition.removedAt === undefined) return definition;
  const { removedAt: _, ...rest } = definition;
  return rest;
}

async function list(sql: Sql, query: DefinitionQuery): Promise<Page<AppliedDefinition>> {
  const { cursor, limit: _, ...question } = query;
  const limit = pageLimit(query, 1_000, 10_000);
  const mark = questionMark(["definitions", question]);
  const after = cursor === undefined ? undefined : readCursor(cursor, mark, 3);
  const { text, values } = where([
    equal("d.kind", query.kind),
    equal("d.name", query.name),
    equal("d.hash", query.hash),
    contains("d.name", query.search),
    presence(query),
    after && piece("(d.kind, d.name, d.version) > (?, ?, ?)", ...after),
  ]);
  const rows = await sql.all<DefinitionRow>(
    `SELECT d.* FROM definitions d ${text} ORDER BY d.kind, d.name, d.version LIMIT ?`,
    [...values, limit + 1],
  );
  const items = rows.slice(0, limit).map((row) => asKnown(definitionOf(row), query.asOf));
  const last = items.at(-1);
  return {
    items,
    ...(rows.length > limit && last && { next: writeCursor(mark, [last.kind, last.name, last.version]) }),
  };
}

async function get(sql: Sql, ref: DefinitionRef): Promise<AppliedDefinition | undefined> {
  const row =
    ref.version === undefined
      ? await sql.one<DefinitionRow>(
          `SELECT * FROM definitions WHERE kind = ? AND name = ? AND removed_at IS NULL
           ORDER BY version DESC LIMIT 1`,
          [ref.kind, ref.name],
        )
      : await sql.one<DefinitionRow>(
          "SELECT * FROM definitions WHERE kind = ? AND name = ? AND version = ?",
          [ref.kind, ref.name, ref.version],
        );
  return row && definitionOf(row);
}

export function sqlDefinitions(journal: Journal): Definitions {
  return {
    plan: (documents, options = {}) => journal.read((sql) => planDefinitions(sql, documents, options)),
    apply: (documents, options = {}) => journal.change((change) => apply(change, documents, options)),
    get: (ref) => journal.read((sql) => get(sql, ref)),
    byHash: (hash) =>
      journal.read(async (sql) => {
        const rows = await sql.all<DefinitionRow>(
          `SELECT * FROM definitions WHERE hash = ?
           ORDER BY CASE WHEN removed_at IS NULL THEN 0 ELSE 1 END, kind, name, version`,
          [hash],
        );
        return rows.map(definitionOf);
      }),
    versions: ({ kind, name }) =>
      journal.read(async (sql) => {
        const rows = await sql.all<DefinitionRow>(
          "SELECT * FROM definitions WHERE kind = ? AND name = ? ORDER BY version",
          [kind, name],
        );
        return rows.map(definitionOf);
      }),
    list: (query = {}) => journal.read((sql) => list(sql, query)),
  };
}
