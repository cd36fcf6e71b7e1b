import { PawlError } from "@pawl/core";
import { checkName, checkWhole } from "../checks.ts";
import type { Lineage, LineageEdge, LineageGraph, LineageNode, LineageOptions } from "../lineage.ts";
import type { Sql } from "./database.ts";
import { wouldCycle } from "./edges.ts";
import type { Journal } from "./journal.ts";
import { type Projections, projecting } from "./projection.ts";

interface EdgeRow {
  readonly from_kind: string;
  readonly from_id: string;
  readonly to_kind: string;
  readonly to_id: string;
  readonly relation: string;
}

function edgeOf(row: EdgeRow): LineageEdge {
  return {
    from: { kind: row.from_kind, id: row.from_id },
    to: { kind: row.to_kind, id: row.to_id },
    relation: row.relation,
  };
}

function columns({ from, to, relation }: LineageEdge): readonly string[] {
  return [from.kind, from.id, to.kind, to.id, relation];
}

export const lineageProjections: Projections = {
  "lineage.linked": projecting<LineageEdge>(async (sql, edge, { id }) => {
    await sql.run("INSERT INTO edges VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", [
      ...columns(edge),
      id,
    ]);
  }),
  "lineage.unlinked": projecting<LineageEdge>(async (sql, edge) => {
    await sql.run(
      "DELETE FROM edges WHERE from_kind = ? AND from_id = ? AND to_kind = ? AND to_id = ? AND relation = ?",
      columns(edge),
    );
  }),
};

/** What a person calls a node, by kind: a query with one bound id. */
const labels: Readonly<Record<string, string>> = {
  definition: `SELECT kind || ' ' || name || ' v' || CAST(version AS TEXT) AS label FROM definitions
    WHERE hash = ? ORDER BY CASE WHEN removed_at IS NULL THEN 0 ELSE 1 END, applied_at, name LIMIT 1`,
  dataset: `SELECT 'dataset ' || name || ' v' || CAST(version AS TEXT) AS label FROM datasets
    WHERE hash = ? ORDER BY created_at, name LIMIT 1`,
  run: "SELECT 'run ' || name AS label FROM runs WHERE id = ?",
  "logged-model": "SELECT 'logged model ' || name AS label FROM logged_models WHERE id = ?",
  deployment: "SELECT 'deployment ' || name || ' (' || role || ')' AS label FROM deployments WHERE id = ?",
};

async function labelOf(sql: Sql, node: LineageNode): Promise<string> {
  if (node.kind === "model-version") return `model ${node.id}`;
  const query = Object.hasOwn(labels, node.kind) ? labels[node.kind] : undefined;
  const row = query === undefined ? undefined : await sql.one<{ label: string }>(query, [node.id]);
  return row?.label ?? `${node.kind} ${node.id}`;
}

/** Breadth first, one indexed look-up per node: the nearest distance, and every edge between them. */
async function graph(
  sql: Sql,
  start: LineageNode,
  direction: "upstream" | "downstream",
  options: LineageOptions,
): Promise<LineageGraph> {
  if (options.depth !== undefined) checkWhole("depth", options.depth);
  const { depth = Number.POSITIVE_INFINITY } = options;
  const text =
    direction === "upstream"
      ? "SELECT * FROM edges WHERE to_kind = ? AND to_id = ? ORDER BY from_kind, from_id, relation"
      : "SELECT * FROM edges WHERE from_kind = ? AND from_id = ? ORDER BY to_kind, to_id, relation";
  const keyOf = (node: LineageNode): string => JSON.stringify([node.kind, node.id]);
  const distances = new Map([[keyOf(start), 0]]);
  const nodes: { node: LineageNode; distance: number }[] = [];
  const edges: LineageEdge[] = [];
  let rim: LineageNode[] = [start];
  for (let distance = 0; rim.length > 0; distance += 1) {
    const next: LineageNode[] = [];
    for (const node of rim) {
      for (const row of await sql.all<EdgeRow>(text, [node.kind, node.id])) {
        const edge = edgeOf(row);
        const other = direction === "upstream" ? edge.from : edge.to;
        if (!distances.has(keyOf(other))) {
          if (distance >= depth) continue;
          distances.set(keyOf(other), distance + 1);
          nodes.push({ node: other, distance: distance + 1 });
          next.push(other);
        }
        edges.push(edge);
      }
    }
    rim = next;
  }
  const places = [];
  for (const { node, distance } of nodes) {
    places.push({ ...node, distance, label: await labelOf(sql, node) });
  }
  return { nodes: places, edges };
}

function checkEdge({ from, to, relation }: LineageEdge): void {
  for (const node of [from, to]) {
    checkName("kind of a lineage node", node.kind);
    checkName("id of a lineage node", node.id, 1_000);
  }
  checkName("relation", relation);
}

/** The kind of entry an edge came with; undefined when there is no such edge. */
async function origin(sql: Sql, edge: LineageEdge): Promise<string | undefined> {
  const row = await sql.one<{ kind: string }>(
    `SELECT t.kind FROM edges e JOIN timeline t ON t.id = e.entry
     WHERE from_kind = ? AND from_id = ? AND to_kind = ? AND to_id = ? AND relation = ?`,
    columns(edge),
  );
  return row?.kind;
}

export function sqlLineage(journal: Journal): Lineage {
  return {
    upstream: (node, options = {}) => journal.read((sql) => graph(sql, node, "upstream", options)),
    downstream: (node, options = {}) => journal.read((sql) => graph(sql, node, "downstream", options)),
    link: (edge) =>
      journal.change(async (change) => {
        checkEdge(edge);
        const { from, to, relation } = edge;
        if (await wouldCycle(change.sql, edge)) {
          throw new PawlError("conflict", "The link would make something its own ancestor.", {
            found: `${from.kind} ${from.id} is already made from ${to.kind} ${to.id}`,
            expected: "links from what was made earlier to what was made from it",
            next: "Turn the link round, or leave it out.",
          });
        }
        if ((await origin(change.sql, edge)) !== undefined) return;
        await change.record("lineage.linked", { kind: to.kind, name: to.id }, { from, to, relation });
      }),
    unlink: (edge) =>
      journal.change(async (change) => {
        checkEdge(edge);
        const { from, to, relation } = edge;
        const kind = await origin(change.sql, edge);
        if (kind === undefined) return;
        if (kind !== "lineage.linked") {
          throw new PawlError("conflict", "This link follows from what happened and stays.", {
            found: `${from.kind} ${from.id} ${relation} ${to.kind} ${to.id}, since a ${kind}`,
            expected: "a link that was made with `link`",
            next: "Leave it; lineage shows what a thing was really made from.",
          });
        }
        await change.record("lineage.unlinked", { kind: to.kind, name: to.id }, { from, to, relation });
      }),
  };
}
