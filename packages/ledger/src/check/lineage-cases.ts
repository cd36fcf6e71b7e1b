import fc from "fast-check";
import type { LineageGraph, LineageNode } from "../lineage.ts";
import {
  type Case,
  deepEqual,
  equal,
  hashOf,
  onLedger,
  type OpenLedger,
  refusedWithoutTrace,
  withLedger,
} from "./case.ts";

const ids = (graph: LineageGraph): string[] => graph.nodes.map(({ kind, id }) => `${kind} ${id}`).sort();

/** Node → everything reachable from it, by plain search. */
function reach(edges: ReadonlySet<string>, start: string): Set<string> {
  const found = new Set<string>();
  const rim = [start];
  for (let node = rim.pop(); node !== undefined; node = rim.pop()) {
    for (const edge of edges) {
      const [from, to] = edge.split(">");
      if (from === node && to !== undefined && !found.has(to)) {
        found.add(to);
        rim.push(to);
      }
    }
  }
  return found;
}

async function refusesCircles(open: OpenLedger): Promise<void> {
  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.record({ from: name, to: name, unlink: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      await withLedger(open, async (ledger) => {
        const edges = new Set<string>();
        const node = (id: string): LineageNode => ({ kind: "thing", id });
        for (const { from, to, unlink } of steps) {
          const edge = { from: node(from), to: node(to), relation: "makes" };
          if (unlink) {
            await ledger.lineage.unlink(edge);
            edges.delete(`${from}>${to}`);
          } else if (from === to || reach(edges, to).has(from)) {
            await refusedWithoutTrace(ledger, () => ledger.lineage.link(edge), "conflict");
          } else {
            await ledger.lineage.link(edge);
            edges.add(`${from}>${to}`);
          }
        }
        const backwards = new Set([...edges].map((edge) => edge.split(">").reverse().join(">")));
        for (const id of ["a", "b", "c", "d", "e"]) {
          const down = await ledger.lineage.downstream(node(id));
          deepEqual(ids(down), [...reach(edges, id)].map((one) => `thing ${one}`).sort());
          const up = await ledger.lineage.upstream(node(id));
          deepEqual(ids(up), [...reach(backwards, id)].map((one) => `thing ${one}`).sort());
        }
      });
    }),
    { numRuns: 40 },
  );
}

export function lineageCases(open: OpenLedger): readonly Case[] {
  return [
    { name: "lineage is what a plain search finds, and never has a circle", run: () => refusesCircles(open) },

    onLedger(open, "from a source to its deployment and back", async (ledger) => {
      const [source, feature, view, rows] = ["source", "feature", "view", "rows"].map(hashOf) as [
        string,
        string,
        string,
        string,
      ];
      const define = (kind: string, name: string, hash: string, dependsOn: string[]) => ({
        kind,
        name,
        version: 1,
        hash,
        document: null,
        dependsOn,
      });
      await ledger.definitions.apply([
        define("source", "flights", source, []),
        define("feature", "delay_mean", feature, [source]),
        define("view", "is_late", view, [feature]),
      ]);
      await ledger.datasets.freeze({
        name: "late",
        hash: rows,
        schema: [],
        rows: 1,
        files: [],
        spine: {},
        viewHash: view,
      });
      const { id: experimentId } = await ledger.experiments.create({ name: "late" });
      const run = await ledger.runs.start({ experimentId, datasetHash: rows, name: "first" });
      await ledger.models.register({ name: "late", hash: hashOf("model"), runId: run.id, datasetHash: rows });
      const deployment = await ledger.deployments.start({
        name: "is_late",
        role: "champion",
        model: "late",
        version: 1,
      });

      const down = await ledger.lineage.downstream({ kind: "definition", id: source });
      deepEqual(
        down.nodes.map(({ label, distance }) => `${distance} ${label}`),
        [
          "1 feature delay_mean v1",
          "2 view is_late v1",
          "3 dataset late v1",
          "4 model late@1",
          "4 run first",
          "5 deployment is_late (champion)",
        ],
      );
      equal(down.edges.length, 7);
      const up = await ledger.lineage.upstream({ kind: "deployment", id: deployment.id });
      deepEqual(ids(up), [
        `dataset ${rows}`,
        ...[source, feature, view].map((hash) => `definition ${hash}`).sort(),
        "model-version late@1",
        `run ${run.id}`,
      ]);
      const near = await ledger.lineage.upstream({ kind: "deployment", id: deployment.id }, { depth: 2 });
      deepEqual(ids(near), [`dataset ${rows}`, "model-version late@1", `run ${run.id}`]);

      // What happened stays; a model used as a feature must not come after what was trained on it.
      const served = {
        from: { kind: "model-version", id: "late@1" },
        to: { kind: "deployment", id: deployment.id },
        relation: "serves",
      };
      await refusedWithoutTrace(ledger, () => ledger.lineage.unlink(served), "conflict");
      const circle = { from: served.from, to: { kind: "definition", id: feature }, relation: "feeds" };
      await refusedWithoutTrace(ledger, () => ledger.lineage.link(circle), "conflict");
    }),
  ];
}
