import { createHash } from "node:crypto";
import type { Work } from "@pawl/core";
import { checkName, checkWhole, checkWord } from "../checks.ts";
import type { Ledger } from "../ledger.ts";
import type { TimelineEntry } from "../timeline.ts";
import type { Actor, Micros, Surroundings } from "../words.ts";
import type { Database } from "./database.ts";
import { type Journal, snapshotJournal, sqlJournal } from "./journal.ts";
import { LibsqlDatabase } from "./libsql-database.ts";
import { migrate } from "./migrations.ts";
import { modelProjections } from "./model-projections.ts";
import type { Projections } from "./projection.ts";
import { runProjections } from "./run-projections.ts";
import { projectedTables } from "./schema-1.ts";
import { artifactProjections, sqlArtifacts } from "./sql-artifacts.ts";
import { datasetProjections, sqlDatasets } from "./sql-datasets.ts";
import { definitionProjections, sqlDefinitions } from "./sql-definitions.ts";
import { deploymentProjections, sqlDeployments } from "./sql-deployments.ts";
import { experimentProjections, sqlExperiments } from "./sql-experiments.ts";
import { lineageProjections, sqlLineage } from "./sql-lineage.ts";
import { loggedModelProjections, sqlLoggedModels } from "./sql-logged-models.ts";
import { sqlModels } from "./sql-models.ts";
import { sqlRuns } from "./sql-runs.ts";
import { replayInto, sqlTimeline } from "./sql-timeline.ts";

/** Everything the tables are computed from. */
const projections: Projections = {
  ...definitionProjections,
  ...datasetProjections,
  ...experimentProjections,
  ...runProjections,
  ...loggedModelProjections,
  ...modelProjections,
  ...deploymentProjections,
  ...artifactProjections,
  ...lineageProjections,
};

/** The ledger over a migrated database. */
export function sqlLedger(database: Database, surroundings: Surroundings, actor: Actor): Ledger {
  checkActor(actor);
  const journal = sqlJournal(database, projections, surroundings, actor);
  return assemble(database, journal, {
    as: (other) => sqlLedger(database, surroundings, other),
    replay: (entries) => replayInto(database, projections, entries),
  });
}

function checkActor({ kind, name }: Actor): void {
  checkWord("kind of actor", kind, ["person", "rule", "model", "system"]);
  checkName("name of the actor", name);
}

function assemble(
  database: Database,
  journal: Journal,
  { as, replay }: { readonly as: Ledger["as"]; readonly replay: Ledger["timeline"]["replay"] },
): Ledger {
  const timeline = sqlTimeline(journal, projections, replay);
  return {
    timeline,
    definitions: sqlDefinitions(journal),
    datasets: sqlDatasets(journal),
    experiments: sqlExperiments(journal),
    runs: sqlRuns(journal),
    loggedModels: sqlLoggedModels(journal),
    models: sqlModels(journal),
    deployments: sqlDeployments(journal),
    artifacts: sqlArtifacts(journal),
    lineage: sqlLineage(journal),
    actor: journal.actor,
    as,
    asOf: (moment, work = {}) => snapshot(timeline.entries({ until: moment }), journal.actor, moment, work),
    blobsInUse: () => blobsInUse(database),
    fingerprint: () => fingerprint(database),
    close: () => database.close(),
  };
}

async function snapshot(
  entries: AsyncIterable<TimelineEntry>,
  actor: Actor,
  moment: Micros,
  { onProgress, signal }: Work,
): Promise<Ledger> {
  checkWhole("moment", moment, Number.MIN_SAFE_INTEGER);
  const database = await LibsqlDatabase.open(":memory:");
  async function* watched(): AsyncGenerator<TimelineEntry> {
    for await (const entry of entries) {
      signal?.throwIfAborted();
      if (entry.id % 1_000 === 0) onProgress?.({ stage: "replaying the timeline", done: entry.id });
      yield entry;
    }
  }
  try {
    await migrate(database);
    await replayInto(database, projections, watched());
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
  const refusing = (actor: Actor): Ledger => {
    checkActor(actor);
    const journal = snapshotJournal(database, actor, moment);
    return assemble(database, journal, {
      as: refusing,
      replay: () => journal.change(async () => ({ added: 0 })),
    });
  };
  return refusing(actor);
}

async function blobsInUse(database: Database): Promise<ReadonlySet<string>> {
  return database.read(async (sql) => {
    const inUse = new Set<string>();
    const rows = await sql.all<{ hash: string }>(
      `SELECT blob AS hash FROM artifacts UNION SELECT blob FROM model_versions WHERE blob IS NOT NULL
       UNION SELECT hash FROM model_versions WHERE hash IS NOT NULL`,
    );
    for (const { hash } of rows) inUse.add(hash);
    for (const { files } of await sql.all<{ files: string }>("SELECT files FROM datasets")) {
      for (const { sha256 } of JSON.parse(files) as { sha256: string }[]) inUse.add(sha256);
    }
    return inUse;
  });
}

async function fingerprint(database: Database): Promise<string> {
  return database.read(async (sql) => {
    const hash = createHash("sha256");
    for (const [table, order] of projectedTables) {
      hash.update(`${table}\n`);
      for (const row of await sql.all(`SELECT * FROM ${table} ORDER BY ${order}`)) {
        // Numbers as text, for infinity has no JSON.
        const cells = Object.values(row).map((cell) =>
          typeof cell === "number" ? String(cell) : JSON.stringify(cell),
        );
        hash.update(`${cells.join(",")}\n`);
      }
    }
    return hash.digest("hex");
  });
}
