import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { repository } from "../harness/places.ts";

/** `hono-server <data> <port>`: reads the JSON and answers the same words every time: the ceiling of HTTP. */
const app = new Hono();
app.post("/api/v1/models/:name/predict", async (c) => {
  const { rows } = await c.req.json<{ rows: readonly object[] }>();
  const asOf = "2024-01-01T00:00:00Z";
  const predictions = rows.map(() => ({
    id: "p",
    model: "wins",
    version: 1,
    asOf,
    value: true,
    probability: 0.5,
  }));
  return c.json({ predictions });
});
const manifest = readFileSync(join(repository, "node_modules", "hono", "package.json"), "utf8");
const { version } = JSON.parse(manifest) as { version: string };
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[3]) }, ({ port }) => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, version }));
});
process.on("SIGTERM", () => process.exit(0));
