import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHistory } from "@pawl/history";
import { afterAll, expect, test } from "vitest";
import { fillColumns } from "../harness/fill-columns.ts";
import { writeParquet } from "../harness/parquet-file.ts";
import { joinData } from "./data.ts";
import { joinRequest } from "./definitions.ts";
import { expectedJoin } from "./expected.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a tiny join gives what the first law says, fact by fact", async () => {
  const data = joinData({ spine: 500, facts: 3000, keys: 20 });
  await writeParquet(join(folder, "facts.parquet"), data.facts);
  await writeParquet(join(folder, "spine.parquet"), data.spine);
  const history = await openHistory({ root: folder, threads: 1 });
  try {
    const found = await fillColumns(history, joinRequest(folder));
    expect(found).toEqual(expectedJoin(data));
  } finally {
    await history.close();
  }
});

test("the generated spine holds what makes a join hard", () => {
  const { facts, spine } = joinData({ spine: 5000, facts: 20_000, keys: 200 });
  const [, key, asOf] = spine.map(({ values }) => values) as [Float64Array, Float64Array, Float64Array];
  const [, event, known] = facts.map(({ values }) => values) as [Float64Array, Float64Array, Float64Array];
  const moments = new Set(known);
  expect(asOf.filter((at) => moments.has(at)).length).toBeGreaterThan(20);
  expect(key.filter((k) => k >= 200).length).toBeGreaterThan(5);
  expect(key.filter((k, i) => i > 0 && k === key[i - 1] && asOf[i] === asOf[i - 1]).length).toBeGreaterThan(
    20,
  );
  const outOfOrder = event.filter((at, i) => i > 0 && at < (event[i - 1] as number)).length;
  expect(outOfOrder).toBeGreaterThan(5000);
  expect(joinData({ spine: 100, facts: 500, keys: 5 })).toEqual(
    joinData({ spine: 100, facts: 500, keys: 5 }),
  );
});
