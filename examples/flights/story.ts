// The main job, start to end, on three million real flights:
//   facts → features → dataset → models → leaderboard → served model → the next month, live.
// Run it with `npm start` from the repository. Everything stays in examples/flights/.pawl.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { story } from "./story/tell.ts";

const directory = dirname(fileURLToPath(import.meta.url));
if (process.argv.includes("--fresh")) rmSync(join(directory, ".pawl"), { recursive: true, force: true });

const controller = new AbortController();
process.once("SIGINT", () => controller.abort());
process.once("SIGTERM", () => controller.abort());

await story({
  signal: controller.signal,
  directory,
  port: Number(process.env["PAWL_PORT"] ?? 7295),
  stay: !process.argv.includes("--leave"),
});
