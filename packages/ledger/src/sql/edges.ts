import type { LineageEdge, LineageNode } from "../lineage.ts";
import type { Sql } from "./database.ts";

const below = `WITH RECURSIVE reach (kind, id) AS (
  SELECT to_kind, to_id FROM edges WHERE from_kind = ? AND from_id = ?
  UNION
  SELECT e.to_kind, e.to_id FROM edges e JOIN reach r ON e.from_kind = r.kind AND e.from_id = r.id)`;

/** Whether adding the edge would make something its own ancestor. */
export async function wouldCycle(sql: Sql, { from, to }: LineageEdge): Promise<boolean> {
  if (from.kind === to.kind && from.id === to.id) return true;
  const row = await sql.one(`${below} SELECT 1 AS hit FROM reach WHERE kind = ? AND id = ? LIMIT 1`, [
    to.kind,
    to.id,
    from.kind,
    from.id,
  ]);
  return row !== undefined;
}

/** Everything of one kind made from a node. */
export async function descendants(sql: Sql, node: LineageNode, kind: string): Promise<readonly string[]> {
  const rows = await sql.all<{ id: string }>(`${below} SELECT id FROM reach WHERE kind = ? ORDER BY id`, [
    node.kind,
    node.id,
    kind,
  ]);
  return rows.map(({ id }) => id);
}

/**
 * Adds an edge that follows from something else. One that would close a cycle is left out: a run may both
 * read and yield a model, and the lineage keeps what came first.
 */
export async function addEdge(sql: Sql, entry: number, edge: LineageEdge): Promise<void> {
  if (await wouldCycle(sql, edge)) return;
  await sql.run("INSERT INTO edges VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", [
    edge.from.kind,
    edge.from.id,
    edge.to.kind,
    edge.to.id,
    edge.relation,
    entry,
  ]);
}
