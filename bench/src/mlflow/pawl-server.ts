import { setImmediate as turn } from "node:timers/promises";
import { catalog } from "@pawl/core";
import { openProject, serveProject, silentLog } from "@pawl/server";

// The whole of Pawl's server as a process: `pawl-server <folder> <runs>` fills the ledger and says where it listens.
const [folder = "", runs = "0"] = process.argv.slice(2);
const count = Number(runs);
const project = await openProject({ directory: folder, catalog: catalog([]) });
const { ledger } = project.ports;

const { id: experimentId } = await ledger.experiments.create({ name: "many" });
for (let n = 0; n < count; n += 1) {
  // Lets the event loop turn, as requests would: what the database driver holds is freed only then.
  if (n % 100 === 0) await turn();
  const { id } = await ledger.runs.start({
    id: n.toString(16).padStart(32, "0"),
    experimentId,
    name: `run ${n}`,
    user: "bench",
    startedAt: (1_700_000_000_000 + n) * 1_000,
    params: Object.fromEntries(Array.from({ length: 5 }, (_, k) => [`p${k}`, String((n + k) % 10)])),
    tags: { team: n % 2 === 0 ? "risk" : "fraud" },
  });
  await ledger.runs.log(id, {
    metrics: Array.from({ length: 5 }, (_, k) => ({
      key: `m${k}`,
      value: ((n * 37 + k * 101) % count) / count,
      at: 1_000,
      step: 0,
    })),
  });
  await ledger.runs.update(id, { status: "finished", endedAt: (1_700_000_001_000 + n) * 1_000 });
}

const running = await serveProject(project, { port: 0, log: silentLog });
process.stdout.write(`${JSON.stringify({ url: running.url, experimentId })}\n`);
