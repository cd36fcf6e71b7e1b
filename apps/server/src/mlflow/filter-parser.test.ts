import { PawlError } from "@pawl/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter-parser.ts";
import { parseOrderBy } from "./order-by.ts";
import { parseRegistryFilter, registeredModelWords, runWords } from "./vocabularies.ts";
import { meaningIn } from "./vocabulary.ts";

const parse = (text: string) => parseFilter(text, meaningIn(runWords));
const metric = (key: string) => ({ of: "metric", key });

function refusal(text: string): PawlError {
  try {
    parse(text);
  } catch (thrown) {
    if (thrown instanceof PawlError) return thrown;
    throw thrown;
  }
  throw new Error(`${text} was accepted`);
}

/** Whether a text is answered as it should be: with a filter, or with a refusal. */
function understood(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (thrown) {
    return thrown instanceof PawlError;
  }
}

describe("MLflow's filter grammar", () => {
  it("is empty for an empty text", () => {
    expect(parse("")).toBeUndefined();
    expect(parse("  ")).toBeUndefined();
  });

  it.each([
    ["metrics.auc > 0.9", { field: metric("auc"), is: ">", value: 0.9 }],
    ["metric.auc>=-1e-3", { field: metric("auc"), is: ">=", value: -0.001 }],
    ["metrics.`val loss` < .5", { field: metric("val loss"), is: "<", value: 0.5 }],
    ['metrics."a.b" = 1', { field: metric("a.b"), is: "=", value: 1 }],
    ["metrics.system/cpu.0 <= 7", { field: metric("system/cpu.0"), is: "<=", value: 7 }],
    ["params.depth = '5'", { field: { of: "param", key: "depth" }, is: "=", value: "5" }],
    ['parameter.depth = "5"', { field: { of: "param", key: "depth" }, is: "=", value: "5" }],
    ["params.x != 'it''s'", { field: { of: "param", key: "x" }, is: "!=", value: "it's" }],
    [
      "tags.mlflow.source.name LIKE '%train%'",
      { field: { of: "tag", key: "mlflow.source.name" }, is: "like", value: "%train%" },
    ],
    ["tag.t ilike 'A_b'", { field: { of: "tag", key: "t" }, is: "ilike", value: "A_b" }],
    ["tags.`a b` IS NULL", { field: { of: "tag", key: "a b" }, is: "is-null" }],
    ["params.p is not null", { field: { of: "param", key: "p" }, is: "is-not-null" }],
    ["status = 'FINISHED'", { field: { of: "attribute", key: "status" }, is: "=", value: "finished" }],
    [
      "attributes.run_id IN ('a', 'b')",
      { field: { of: "attribute", key: "id" }, is: "in", value: ["a", "b"] },
    ],
    ["run_id NOT IN ('a',)", { field: { of: "attribute", key: "id" }, is: "not-in", value: ["a"] }],
    ["tags.mlflow.runName = 'x'", { field: { of: "attribute", key: "name" }, is: "=", value: "x" }],
    ["attribute.`Run Name` != 'x'", { field: { of: "attribute", key: "name" }, is: "!=", value: "x" }],
    [
      "dataset.context = 'training'",
      { field: { of: "dataset", key: "context" }, is: "=", value: "training" },
    ],
    ["datasets.name IN ('a')", { field: { of: "dataset", key: "name" }, is: "in", value: ["a"] }],
    ["start_time >= 12", { field: { of: "attribute", key: "started_at" }, is: ">=", value: 12_000 }],
    ["attr.end_time > 12", { field: { of: "attribute", key: "ended_at" }, is: ">=", value: 13_000 }],
    [
      "artifact_uri = 'mlflow-artifacts:/1/0123456789abcdef0123456789abcdef/artifacts'",
      { field: { of: "attribute", key: "id" }, is: "=", value: "0123456789abcdef0123456789abcdef" },
    ],
  ])("reads %s", (text, filter) => {
    expect(parse(text)).toEqual(filter);
  });

  it("takes a NaN for different from every number", () => {
    expect(parse("metrics.auc != 1")).toEqual({
      all: [
        { field: metric("auc"), is: "is-not-null" },
        { not: { field: metric("auc"), is: "=", value: 1 } },
      ],
    });
  });

  it("binds AND closer than OR and follows parentheses", () => {
    const [a, b, c] = ["a", "b", "c"].map((key) => ({ field: metric(key), is: ">", value: 1 }));
    expect(parse("metrics.a > 1 AND metrics.b > 1 or metrics.c > 1")).toEqual({ any: [{ all: [a, b] }, c] });
    expect(parse("metrics.a > 1 AND (metrics.b > 1 OR metrics.c > 1)")).toEqual({
      all: [a, { any: [b, c] }],
    });
    expect(parse("NOT (metrics.a > 1) AND metrics.b > 1")).toEqual({ all: [{ not: a }, b] });
  });

  it.each([
    ["metrics.auc", "a comparison is missing", "the end of the filter"],
    ["metrics.auc > 'high'", "auc is a number and is compared with text", "position 0"],
    ["params.depth > 5", "depth cannot be compared with >", "position 0"],
    ["params.depth = 5", "depth is text and is compared with a number", "position 0"],
    ["metrics.a > 1 AND", "a field is missing", "the end of the filter"],
    ["metrics.a > 1 metrics.b > 1", "a comparison is over, but more follows", "position 14"],
    ["(metrics.a > 1", "a parenthesis is not closed", "the end of the filter"],
    ["params.a = 'x", "a quote is not closed", "position 11"],
    ["params.a = `x`", "a value is missing", "position 11"],
    ["nonsense.a = 1", 'a run has no "nonsense"', "position 0"],
    ["colour = 'red'", 'a run has no attribute "colour"', "position 0"],
    ["dataset.size = '1'", 'a dataset has no "size"', "position 0"],
    ["params.a = 'x'; DROP TABLE runs", "there is a character that has no meaning here", "position 14"],
    ["artifact_uri LIKE '%x'", "artifact_uri cannot be compared with LIKE", "position 0"],
    [`${"(".repeat(60)}metrics.a > 1${")".repeat(60)}`, "it is nested too deeply", "position 40"],
    ["x".repeat(20_001), "it has 20001 characters", "position 20000"],
  ])("refuses %s and shows where", (text, message, found) => {
    const error = refusal(text);
    expect(error.code).toBe("invalid_input");
    expect(error.message).toContain(message);
    expect(error.found).toContain(found);
    expect(error.expected).not.toBe("");
  });

  it("answers any text with a filter or a refusal, never with another error", () => {
    const part = fc.constantFrom(
      "metrics.a",
      "params.`b c`",
      " AND ",
      " OR ",
      "NOT ",
      "(",
      ")",
      " > ",
      " = ",
      "1",
      "'x'",
      " IN ",
      ",",
      ".",
      "`",
      "\u0000",
      "é",
    );
    const text = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(""));
    expect(() => fc.assert(fc.property(text, understood))).not.toThrow();
  });

  it("leaves prompts out of registry searches unless they are asked for", () => {
    const prompt = { of: "tag", key: "mlflow.prompt.is_prompt" };
    const models = { not: { field: prompt, is: "=", value: "true" } };
    expect(parseRegistryFilter(undefined, registeredModelWords)).toEqual(models);
    expect(parseRegistryFilter("tag.`mlflow.prompt.is_prompt` != 'true'", registeredModelWords)).toEqual(
      models,
    );
    expect(parseRegistryFilter("name = 'a'", registeredModelWords)).toEqual({
      all: [{ field: { of: "attribute", key: "name" }, is: "=", value: "a" }, models],
    });
  });
});

describe("order_by", () => {
  it.each([
    ["metrics.auc DESC", { field: metric("auc"), descending: true }],
    ["metrics.`val loss` asc", { field: metric("val loss"), descending: false }],
    ["start_time", { field: { of: "attribute", key: "started_at" }, descending: false }],
    ["tags.mlflow.user desc", { field: { of: "tag", key: "mlflow.user" }, descending: true }],
    ["metrics.desc", { field: metric("desc"), descending: false }],
  ])("reads %s", (text, order) => {
    expect(parseOrderBy([text], runWords)).toEqual([order]);
  });

  it.each(["", "metrics.", "metrics.a up", "colour", "dataset.name", "metrics.a, metrics.b"])(
    "refuses %j",
    (text) => {
      expect(() => parseOrderBy([text], runWords)).toThrow(/order_by/);
    },
  );

  it("refuses the same field twice", () => {
    expect(() => parseOrderBy(["metrics.a", "metric.a DESC"], runWords)).toThrow(/twice/);
  });
});
