import { PawlError } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { errorText } from "./error-text.ts";
import { bytesText, numberText, percentText, plural, secondsText } from "./figures.ts";
import { painter, wantsColour } from "./painter.ts";
import { progressLine } from "./progress-line.ts";
import { tableText } from "./table.ts";
import { Terminal } from "./terminal.ts";

function sink(isTTY = false) {
  const parts: string[] = [];
  return { isTTY, columns: 60, parts, write: (text: string) => void parts.push(text) };
}

describe("colour", () => {
  it("is for terminals that want it", () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true);
    expect(wantsColour({ isTTY: false }, {})).toBe(false);
    expect(wantsColour({}, {})).toBe(false);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
    expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
    expect(wantsColour({ isTTY: false }, { FORCE_COLOR: "1" })).toBe(true);
    expect(wantsColour({ isTTY: true }, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  });

  it("leaves text alone where there is none", () => {
    expect(painter(false).bad("x")).toBe("x");
    expect(painter(true).bad("x")).toContain("\u001b[");
  });
});

describe("figures", () => {
  it("read as people write them", () => {
    expect([0.5, 12.345678, 1_234_567, 0.00001234, Number.NaN].map(numberText)).toEqual([
      "0.5",
      "12.35",
      "1,234,567",
      "1.23e-5",
      "NaN",
    ]);
    expect([0.0123, 4.25, 200, 4000].map(secondsText)).toEqual(["12 ms", "4.3 s", "3 min 20 s", "1 h 6 min"]);
    expect([12, 1234, 45_600_000].map(bytesText)).toEqual(["12 B", "1.2 kB", "46 MB"]);
    expect([0.12345, 1].map(percentText)).toEqual(["12.3 %", "100 %"]);
    expect([plural(1, "row"), plural(2, "row")]).toEqual(["1 row", "2 rows"]);
  });

  it("stand under each other in tables", () => {
    const text = tableText(
      [{ title: "Name" }, { title: "n", align: "right" }],
      [
        ["ä", "1"],
        ["日本", "12345"],
      ],
    );
    expect(text.split("\n")).toEqual(["Name      n", "ä         1", "日本  12345"]);
  });
});

describe("progress", () => {
  function at(stream: ReturnType<typeof sink>) {
    let now = 0;
    const line = progressLine(stream, () => now);
    return {
      line,
      report: (ms: number, done: number, total?: number) => {
        now = ms;
        line.report({ stage: "reading facts", done, ...(total !== undefined && { total }) });
      },
    };
  }

  it("is silent in the first second", () => {
    const stream = sink(true);
    const { line, report } = at(stream);
    report(100, 1, 2);
    report(999, 2, 2);
    line.clear();
    expect(stream.parts).toEqual([]);
  });

  it("draws one bar on a terminal, and takes it away", () => {
    const stream = sink(true);
    const { line, report } = at(stream);
    report(1500, 500, 1000);
    report(1520, 501, 1000);
    line.clear();
    expect(stream.parts).toHaveLength(2);
    expect(stream.parts[0]).toBe(
      `\r\u001b[2K${"█".repeat(12)}${"░".repeat(12)} reading facts  50 % (500 of 1,000…`,
    );
    expect(stream.parts[1]).toBe("\r\u001b[2K");
  });

  it("writes a line every five seconds elsewhere", () => {
    const stream = sink(false);
    const { report } = at(stream);
    for (let ms = 0; ms <= 12_000; ms += 500) report(ms, ms);
    expect(stream.parts).toEqual([
      "reading facts, 1,000, 1.0 s so far\n",
      "reading facts, 6,000, 6.0 s so far\n",
      "reading facts, 11,000, 11.0 s so far\n",
    ]);
  });
});

describe("answers", () => {
  const signal = new AbortController().signal;
  const answer = {
    document: { big: 2n ** 60n, odd: Number.NaN, list: Float64Array.of(1, 2) },
    words: () => "done",
  };

  it("are words, or one JSON document", () => {
    const [words, json, stderr] = [sink(), sink(), sink()];
    new Terminal({ stdout: words, stderr, env: {}, json: false, signal }).answer(answer);
    new Terminal({ stdout: json, stderr, env: {}, json: true, signal }).answer(answer);
    expect(words.parts).toEqual(["done\n"]);
    expect(JSON.parse(json.parts.join(""))).toEqual({ big: "1152921504606846976", odd: "NaN", list: [1, 2] });
    expect(stderr.parts).toEqual([]);
  });

  it("say what is wrong, what was found, what was expected and what to do", () => {
    const error = new PawlError("not_found", "There is no dog.", {
      found: "a cat\na bird",
      expected: "a dog",
      next: "Get one.",
    });
    expect(errorText(error, painter(false)).split("\n")).toEqual([
      "✗ There is no dog.",
      "  found     a cat",
      "            a bird",
      "  expected  a dog",
      "  next      Get one.",
    ]);
  });

  it("keep errors on standard error, unless programs read them", () => {
    const error = new PawlError("not_found", "There is no dog.");
    const [out, err] = [sink(), sink()];
    new Terminal({ stdout: out, stderr: err, env: {}, json: false, signal }).error(error);
    expect([out.parts, err.parts]).toEqual([[], ["✗ There is no dog.\n"]]);
    const [jsonOut, jsonErr] = [sink(), sink()];
    new Terminal({ stdout: jsonOut, stderr: jsonErr, env: {}, json: true, signal }).error(error);
    expect(JSON.parse(jsonOut.parts.join(""))).toEqual({
      error: { code: "not_found", message: "There is no dog." },
    });
    expect(jsonErr.parts).toEqual([]);
  });
});
