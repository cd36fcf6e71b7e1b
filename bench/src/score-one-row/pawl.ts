import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "@pawl/trainers";
import { pawlVersion } from "../harness/pawl-version.ts";
import { serveContender } from "../harness/serve-contender.ts";
import { readTable } from "../harness/table-file.ts";
import { percentiles } from "../harness/percentiles.ts";

/** `rows`: encoded rows, as a server holds them; `records`: objects by column name, as JSON gives them. */
await serveContender(async ({ data, options }) => {
  const model = loadModel(Uint8Array.from(readFileSync(join(data, "model.pawl"))));
  const { frame } = readTable(data, "test");
  const named = options["from"] === "records";
  const rows = Array.from({ length: frame.rows }, (_, r) => model.rowOf(frame, r));
  const records = rows.map((row) =>
    Object.fromEntries(
      model.columns.map(({ name }, c) => [name, Number.isNaN(row[c]) ? null : (row[c] ?? null)]),
    ),
  );
  const out = new Float64Array(model.outputs);
  return {
    version: pawlVersion,
    run: async () => {
      const micros = new Float64Array(frame.rows);
      const scores = new Float64Array(frame.rows);
      for (let r = 0; r < frame.rows; r++) {
        const start = performance.now();
        const row = named ? model.encodeRow(records[r] ?? {}) : (rows[r] as Float64Array);
        model.scoreRow(row, out);
        micros[r] = (performance.now() - start) * 1000;
        scores[r] = out[0] as number;
      }
      return { numbers: () => percentiles(micros), answer: () => [scores] };
    },
  };
});
