import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, type Wire } from "./testing/wire.ts";

let wire: Wire;
beforeAll(async () => {
  wire = await openWire();
});
afterAll(() => wire.close());

interface RunAnswer {
  readonly run: { readonly info: { readonly run_id: string; readonly run_name: string } };
}

describe("searching runs", () => {
  let experimentId: string;
  const names = async (filter: string, order_by: readonly string[] = ["attributes.run_name ASC"]) => {
    const { runs = [] } = await wire.ok<{ runs?: readonly RunAnswer["run"][] }>("POST", "/runs/search", {
      experiment_ids: [experimentId],
      filter,
      order_by,
    });
    return runs.map(({ info }) => info.run_name).join("");
  };

  beforeAll(async () => {
    ({ experiment_id: experimentId } = await wire.ok<{ experiment_id: string }>(
      "POST",
      "/experiments/create",
      { name: "search" },
    ));
    const add = async (
      name: string,
      start_time: number,
      auc: number | string | undefined,
      depth?: string,
      team?: string,
    ) => {
      const { run } = await wire.ok<RunAnswer>("POST", "/runs/create", {
        experiment_id: experimentId,
        run_name: name,
        start_time,
      });
      await wire.ok("POST", "/runs/log-batch", {
        run_id: run.info.run_id,
        metrics: auc === undefined ? [] : [{ key: "auc", value: auc, timestamp: 1 }],
        params: depth === undefined ? [] : [{ key: "depth", value: depth }],
        tags: team === undefined ? [] : [{ key: "team", value: team }],
      });
    };
    await add("a", 1_000, 0.9, "5", "risk");
    await add("b", 2_000, 0.5, "6", "Risk");
    await add("c", 3_000, "NaN", "7");
    await add("d", 4_000, undefined, undefined, "50%");
  });

  it.each([
    ["", "abcd"],
    ["metrics.auc > 0.5", "a"],
    ["metrics.auc >= 0.5", "ab"],
    ["metrics.auc != 0.9", "bc"],
    ["metrics.auc IS NULL", "d"],
    ["params.depth != '5'", "bc"],
    ["params.depth IS NULL", "d"],
    ["params.depth IN ('5', '7')", "ac"],
    ["tags.team LIKE 'R%'", "b"],
    ["tags.team ILIKE 'r_sk'", "ab"],
    ["tags.team IS NOT NULL", "abd"],
    ["tags.team = 'risk' OR metrics.auc IS NULL", "ad"],
    ["(tags.team = 'risk' OR tags.team = 'Risk') AND params.depth = '6'", "b"],
    ["NOT tags.team = 'risk'", "bcd"],
    ["start_time > 2000", "cd"],
    ["start_time = 2000", "b"],
    ["start_time != 2000", "acd"],
    ["attributes.start_time <= 2000 and status = 'RUNNING'", "ab"],
    ["run_name IN ('a', 'd')", "ad"],
    ["status = 'FINISHED'", ""],
  ])("%s → %s", async (filter, expected) => {
    expect(await names(filter)).toBe(expected);
  });

  it.each([
    [["metrics.auc DESC"], "ab"],
    [["metrics.auc"], "ba"],
    [["params.depth DESC"], "cba"],
    [["start_time"], "abcd"],
    [[], "dcba"],
  ])("orders by %j, NaN and missing last", async (order, expected) => {
    expect((await names("", order)).slice(0, expected.length)).toBe(expected);
  });

  it("answers no experiments with no runs", async () => {
    expect(await wire.ok("POST", "/runs/search", { experiment_ids: [] })).toEqual({});
  });
});
