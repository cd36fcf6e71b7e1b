import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peerPython, runPython, withoutPython } from "../testing/peer-python.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

let server: TestServer;
let address: string;

const write = `
import json, sys
import polars as pl
rows = 50_000
pl.DataFrame({"x": range(rows), "half": [i / 2 for i in range(rows)], "city": ["Wien" if i % 3 else "Graz" for i in range(rows)]}
    ).write_parquet(sys.argv[1], row_group_size=5_000)
print(json.dumps(rows))
`;

describe.skipIf(withoutPython)("data frames", () => {
  beforeAll(async () => {
    await peerPython("peers");
    await peerPython("feast");
    server = await testServer();
    const file = join(server.folder, "numbers.parquet");
    const rows = Number(await runPython("peers", write, [file]));
    const bytes = await readFile(file);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const dataset = await server.ledger.datasets.freeze({
      name: "numbers",
      hash: sha256,
      schema: [{ name: "x", type: "int", role: "feature" }],
      rows,
      files: [{ uri: "numbers.parquet", sha256, bytes: bytes.length, rows }],
      spine: {},
    });
    address = `${server.url}/api/v1/datasets/numbers/versions/${dataset.version}/data.parquet`;
  }, 600_000);
  afterAll(() => server.close());

  it("is read from its address by polars, a part of it too", async () => {
    const script = `
import json, sys
import polars as pl
whole = pl.read_parquet(sys.argv[1])
part = pl.scan_parquet(sys.argv[1]).filter(pl.col("x") >= 49_990).select("half").collect()
print(json.dumps([whole.height, whole["x"].sum(), part["half"].to_list()]))`;
    const half = Array.from({ length: 10 }, (_, i) => (49_990 + i) / 2);
    expect(await runPython("peers", script, [address])).toEqual([50_000, 1_249_975_000, half]);
  }, 120_000);

  it("is read from its address by pandas", async () => {
    const script = `
import json, sys
import pandas as pd
frame = pd.read_parquet(sys.argv[1], columns=["x", "city"])
print(json.dumps([len(frame), int(frame["x"].sum()), frame["city"].value_counts().to_dict()]))`;
    const found = await runPython("feast", script, [address]);
    expect(found).toEqual([50_000, 1_249_975_000, { Wien: 33_333, Graz: 16_667 }]);
  }, 120_000);
});
