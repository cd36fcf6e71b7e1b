import { join } from "node:path";
import { entity, last, parquet, plan, source, t, view } from "@pawl/core";
import type { FillRequest } from "@pawl/history";

const thing = entity("thing", { key: t.int });

const facts = source("facts", {
  columns: {
    key: thing,
    event_time: t.timestamp,
    known_time: t.timestamp,
    f0: t.float,
    f1: t.float,
    f2: t.float,
    f3: t.float,
    f4: t.float,
    f5: t.float,
    f6: t.float,
    f7: t.int,
    f8: t.int,
    f9: t.int,
  },
  eventTime: "event_time",
  knownTime: "known_time",
  from: parquet("facts.parquet"),
});

const latest = facts.by("key").features((f) => ({
  f0: last(f.f0),
  f1: last(f.f1),
  f2: last(f.f2),
  f3: last(f.f3),
  f4: last(f.f4),
  f5: last(f.f5),
  f6: last(f.f6),
  f7: last(f.f7),
  f8: last(f.f8),
  f9: last(f.f9),
}));

const board = view("board", { spine: { key: thing, as_of: t.timestamp }, items: [latest] });

/** The request that the peers' queries amount to: the latest values of ten columns, as of each row. */
export function joinRequest(data: string): FillRequest {
  return {
    plan: plan(board, new Map([[latest.name, latest]])),
    spine: {
      kind: "file",
      location: parquet(join(data, "spine.parquet")),
      columns: { key: "int", as_of: "timestamp" },
    },
    asOf: "as_of",
  };
}
