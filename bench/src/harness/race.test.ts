import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compareAnswers, writeAnswer } from "./answer-file.ts";
import { median, type Measurement } from "./results.ts";
import { duration, resultsPage } from "./table.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("answers differ in the rows in which a value or a null does", () => {
  const [a, b] = [join(folder, "a"), join(folder, "b")];
  writeAnswer(a, [Float64Array.of(1, 2, Number.NaN, 4), Float64Array.of(1, 1, 1, 1)]);
  writeAnswer(b, [Float64Array.of(1, 2.5, 3, 4), Float64Array.of(1, 2, 1, 1 + 1e-12)]);
  const shape = { rows: 4, columns: 2 };
  expect(compareAnswers(a, b, shape, 1e-9)).toEqual({ rows: 4, different: 2, maxError: 1 });
  expect(compareAnswers(a, b, shape, 0).different).toBe(3);
  expect(compareAnswers(a, a, shape, 0)).toEqual({ rows: 4, different: 0, maxError: 0 });
  expect(() => compareAnswers(a, b, { rows: 5, columns: 2 }, 0)).toThrow("too short");
});

test("a median is the middle, or between the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("times are shown in the unit that reads best", () => {
  expect([duration(12.345), duration(0.25), duration(0.0123), duration(4e-6), duration(null)]).toEqual([
    "12.35 s",
    "250 ms",
    "12.3 ms",
    "4.0 µs",
    "–",
  ]);
});

test("the page says what a contender got wrong, what failed, and which targets are missed", () => {
  const measured = (name: string, more: Partial<Measurement>): Measurement => ({
    contender: name,
    pawl: false,
    version: "1",
    seconds: [2],
    median: 2,
    min: 2,
    first: 3,
    peakBytes: 2 ** 20,
    answer: { rows: 10, different: 4, maxError: 1 },
    numbers: {},
    failed: null,
    note: null,
    ...more,
  });
  const page = resultsPage({
    join: {
      date: "2024-01-01",
      machine: { cores: 2, memoryGB: 4, node: "v20", platform: "linux x64" },
      about: "About.",
      method: "Method.",
      extraColumns: [{ key: "auc", heading: "AUC", digits: 3 }],
      variants: [
        {
          name: "small",
          rows: 10,
          measurements: [
            measured("Pawl", { pawl: true, median: 1, seconds: [1], answer: null, numbers: { auc: 0.5 } }),
            measured("Loser", { numbers: { lostRows: 3 } }),
            measured("Broken", { failed: "out of memory", median: null, seconds: [] }),
          ],
        },
      ],
      targets: [{ text: "fast", found: "slow", met: false }],
    },
  });
  expect(page).toContain("| [join](#join) | fast | slow | **no** |");
  expect(page).toContain("3 rows lost, 4 of 10 rows differ");
  expect(page).toContain("failed: out of memory");
  expect(page).toContain("0.500");
  expect(page).toMatch(/Loser \(1\).*\| 2\.00 \|/);
});
