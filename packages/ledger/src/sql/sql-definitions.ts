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

async function begin(sql: Sql, definition: Definition, entry: number, at: number): Promise<void> {
  const { kind, name, version, document, dependsOn } = definition;
  await sql.run("INSERT INTO definition_spells VALUES (?, ?, ?, ?, ?, NULL, ?, ?)", [
    kind,
    name,
    version,
    entry,
    at,
    canonicalJson(document),
    canonicalJson(dependsOn),
  ]);
}

async function end(sql: Sql, { kind, name, version }: Named, at: number): Promise<void> {
  await sql.run(
    "UPDATE definition_spells SET until = ? WHERE kind = ? AND name = ? AND version = ? AND until IS NULL",
    [at, kind, name, version],
  );
}

async function linkDependencies(sql: Sql, { hash, dependsOn }: Definition, entry: number): Promise<void> {
  for (const dependency of dependsOn) {
    const from = { kind: "definition", id: dependency };
    await addEdge(sql, entry, { from, to: { kind: "definition", id: hash }, relation: "defines" });
  }
}

/** Puts other words to a meaning, or brings it back; either way a new spell begins. */
const renewed = projecting<Definition>(async (sql, definition, { id, at }) => {
  const { kind, name, version, document, dependsOn } = definition;
  await end(sql, definition, at);
  await sql.run(
    `UPDATE definitions SET removed_at = NULL, document = ?, depends_on = ?
     WHERE kind = ? AND name = ? AND version = ?`,
    [canonicalJson(document), canonicalJson(dependsOn), kind, name, version],
  );
  await begin(sql, definition, id, at);
  await linkDependencies(sql, definition, id);
});

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
    await linkDependencies(sql, definition, id);
  }),
  "definition.updated": renewed,
  "definition.restored": renewed,
  "definition.removed": projecting<Named>(async (sql, named, { at }) => {
    const { kind, name, version } = named;
    await sql.run("UPDATE definitions SET removed_at = ? WHERE kind = ? AND name = ? AND version = ?", [
      at,
      kind,
      name,
      version,
    ]);
    await end(sql, named, at);
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
       AND kind IN ('definition.applied', 'definition.updated', 'definition.removed', 'definition.restored')
       LIMIT 1`,
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
    const whole = { kind, name, version, hash, document, dependsOn };
    if (what === "added" || what === "same-meaning") {
      await change.record("definition.applied", subject, whole);
    } else if (what === "updated" || what === "restored") {
      await change.record(`definition.${what}`, subject, whole);
    } else if (what === "removed") {
      await change.record("definition.removed", subject, { kind, name, version });
    }
  }
  return plan;
}

function presence({ presence }: DefinitionQuery): Piece | undefined {
  if (presence === "both") return undefined;
  return piece(presence === "removed" ? "d.removed_at IS NOT NULL" : "d.removed_at IS NULL");
}

/** The definitions, or those of a moment with the words they had then, as `d`. */
function standing(asOf: number | undefined): Piece {
  if (asOf === undefined) return piece("definitions d");
  return piece(
    `(SELECT a.kind, a.name, a.version, a.hash, s.document, s.depends_on, a.applied_at, NULL AS removed_at
      FROM definitions a JOIN definition_spells s
        ON s.kind = a.kind AND s.name = a.name AND s.version = a.version
      WHERE s.since < ? AND (s.until IS NULL OR s.until >= ?)) d`,
    asOf,
    asOf,
  );
}

async function list(sql: Sql, query: DefinitionQuery): Promise<Page<AppliedDefinition>> {
  const { cursor, limit: _, ...question } = query;
  const limit = pageLimit(query, 1_000, 10_000);
  const mark = questionMark(["definitions", question]);
  const after = cursor === undefined ? undefined : readCursor(cursor, mark, 3);
  const from = standing(query.asOf);
  const { text, values } = where([
    equal("d.kind", query.kind),
    equal("d.name", query.name),
    equal("d.hash", query.hash),
    contains("d.name", query.search),
    query.asOf === undefined ? presence(query) : undefined,
    after && piece("(d.kind, d.name, d.version) > (?, ?, ?)", ...after),
  ]);
  const rows = await sql.all<DefinitionRow>(
    `SELECT d.* FROM ${from.text} ${text} ORDER BY d.kind, d.name, d.version LIMIT ?`,
    [...from.values, ...values, limit + 1],
  );
  const items = rows.slice(0, limit).map(definitionOf);
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
