import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog, count, csv, entity, source, t } from "@pawl/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openProject, type Project } from "../project.ts";
import { catchUp } from "./catch-up.ts";
import { openLive } from "./open-live.ts";

const rows = 30_000;
let directory: string;
let opened: Project | undefined;

/** A project with a source of many facts, and one whose file is not there. */
function project(keyed: boolean): Promise<Project> {
  const customer = entity("customer", { key: t.string });
  const orders = source("orders", {
    columns: { at: t.timestamp, order: t.int, customer },
    eventTime: "at",
    ...(keyed && { key: ["order"] as const }),
    from: csv("orders.csv"),
  });
  const visits = source("visits", {
    columns: { at: t.timestamp, customer },
    eventTime: "at",
    from: csv("visits.csv"),
  });
  const counted = orders.by("customer").features(() => ({ orders: count() }));
  return openProject({ directory, catalog: catalog([counted, visits]) });
}

const orderCount = async (given: Project): Promise<unknown> => {
  const { present } = await openLive(given);
  try {
    return present.vectors("orders_by_customer", [{ customer: "c1" }]).values[0]?.[0];
  } finally {
    await present.close();
  }
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pawl-open-live-"));
  await mkdir(directory, { recursive: true });
  const lines = Array.from({ length: rows }, (_, i) => `2024-01-01T00:00:00Z,${i},c${i % 2}`);
  await writeFile(join(directory, "orders.csv"), `at,order,customer\n${lines.join("\n")}\n`);
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await rm(directory, { recursive: true, force: true });
});

/** Stops when the first facts are in. */
function untilPushing(): {
  signal: AbortSignal;
  onProgress: (progress: { stage: string; done: number }) => void;
} {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: ({ stage, done }) => {
      if (stage.startsWith("pushing") && done > 0) controller.abort();
    },
  };
}

describe("opening a present", () => {
  it("reads files once, and reports those that are not there", async () => {
    opened = await project(true);
    const first = await openLive(opened);
    expect([first.facts, first.leftBehind.map(({ source }) => source)]).toEqual([rows, ["visits"]]);
    await first.present.close();
    const second = await openLive(opened);
    expect(second.facts).toBe(0);
    await second.present.close();
    expect(await orderCount(opened)).toBe(rows / 2);
  });

  it.each([true, false])("starts anew after it was broken off, with a key (%s) or without", async (keyed) => {
    opened = await project(keyed);
    const work = untilPushing();
    await expect(openLive(opened, work)).rejects.toMatchObject({ code: "cancelled" });
    expect(existsSync(join(directory, ".pawl", "facts", "orders", "loading"))).toBe(true);
    expect(await orderCount(opened)).toBe(rows / 2);
    expect(existsSync(join(directory, ".pawl", "facts", "orders", "loading"))).toBe(false);
  });

  it("never clears away facts that were pushed", async () => {
    opened = await project(false);
    const { ports } = opened;
    await writeFile(join(directory, "visits.csv"), "at,customer\n2024-01-01T00:00:00Z,c1\n");
    const { present } = await openLive(opened);
    await rm(join(directory, ".pawl", "facts", "orders"), { recursive: true });
    await expect(catchUp(ports, present, "orders", untilPushing())).rejects.toMatchObject({
      code: "cancelled",
    });
    const before = present.stats().sequence;
    await present.close();
    await expect(openLive(opened)).rejects.toMatchObject({ code: "conflict" });
    expect(existsSync(join(directory, ".pawl", "present"))).toBe(true);
    expect(before).toBeGreaterThan(rows);
  });
});
