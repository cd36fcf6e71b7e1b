import {
  type AggregateNode,
  type Catalog,
  type Duration,
  formatDuration,
  formatInstant,
  type Instant,
  PawlError,
  walk,
} from "@pawl/core";
import type { FactLog } from "../log/fact-log.ts";
import type { LiveSource, State } from "../state/state.ts";

const keysPerStep = 500;

/** Forgets facts no feature will ask for again, once history has them. */
export class Retention {
  private readonly state: State;
  private readonly log: FactLog;
  private readonly catalog: Catalog;

  constructor(state: State, log: FactLog, catalog: Catalog) {
    this.state = state;
    this.log = log;
    this.catalog = catalog;
  }

  /** Refuses to forget what a feature still needs or what has not been exported. */
  check({ known }: LiveSource, before: number, now: number, exportedUpTo: number): void {
    for (const group of this.catalog.groups.values()) {
      if (group.source.name !== known.name) continue;
      for (const { name, node } of group.features) {
        walk(node, (inner) => {
          if (inner.op === "aggregate") checkReach(`${group.name}.${name}`, inner, before, now);
        });
      }
    }
    if (exportedUpTo < this.state.sequence) {
      throw new PawlError("conflict", "There are facts that have not been exported yet.", {
        found: `exported up to ${exportedUpTo} of ${this.state.sequence}`,
        next: "Export the log first, so that history has what is forgotten here.",
      });
    }
  }

  async forget(
    source: LiveSource,
    before: number,
    checkpoint: () => Promise<void>,
    room: () => Promise<void>,
  ): Promise<{ readonly forgotten: number }> {
    source.known = { ...source.known, forgotten: Math.max(before, source.known.forgotten ?? before) };
    for (const index of source.indexes) index.forgotten = source.known.forgotten ?? before;
    // From the checkpoint on every key is in the store, where it can be found.
    await checkpoint();
    let forgotten = 0;
    for (const index of source.indexes) {
      let inIndex = 0;
      for (let after: Uint8Array | undefined; ; ) {
        const keys = index.stored(after, keysPerStep);
        for (const { key } of keys) inIndex += index.forget(key, before);
        const last = keys.at(-1);
        if (!last) break;
        after = last.at;
        await room();
      }
      forgotten = Math.max(forgotten, inIndex);
    }
    await this.forgetKeyed(source, before, room);
    await checkpoint();
    await this.log.noteForgotten({
      ...(await this.log.forgotten()),
      [source.known.name]: source.known.forgotten ?? before,
    });
    await this.dropSegments();
    return { forgotten };
  }

  private async forgetKeyed(
    { keyed, schema }: LiveSource,
    before: number,
    room: () => Promise<void>,
  ): Promise<void> {
    if (!keyed) return;
    for (let after: Uint8Array | undefined; ; ) {
      const facts = keyed.stored(after, keysPerStep);
      for (const { key, row, sequence } of facts) {
        if ((row[schema.eventTime] as number) < before && keyed.get(key)?.sequence === sequence)
          keyed.remove(key);
      }
      const last = facts.at(-1);
      if (!last) return;
      after = last.at;
      await room();
    }
  }

  /** Deletes the oldest segments of the log as long as nothing in them is live. */
  private async dropSegments(): Promise<void> {
    let segment = this.log.start.segment;
    for await (const { record, next } of this.log.read(this.log.start)) {
      if (next.segment !== segment) {
        segment = next.segment;
        await this.log.dropBefore(record.first);
      }
      const isNeeded = record.blocks.some(({ source, operations }) => {
        const live = this.state.sources.get(source);
        if (!live) return true;
        const forgotten = live.known.forgotten ?? Number.NEGATIVE_INFINITY;
        return operations.some(({ op, row, sequence }) => {
          if (op === "delete" || (row[live.schema.eventTime] as number) < forgotten) return false;
          return !live.keyed || live.keyed.get(live.schema.keyOf(row) ?? "")?.sequence === sequence;
        });
      });
      if (isNeeded) return;
    }
  }
}

function checkReach(feature: string, { window }: AggregateNode, before: number, now: number): void {
  const reach = window.width === undefined ? Number.POSITIVE_INFINITY : window.width + (window.lag ?? 0);
  if (now - reach >= before) return;
  throw new PawlError("conflict", `The feature "${feature}" still needs facts from before then.`, {
    found: `forget before ${formatInstant(before as Instant)}`,
    expected:
      reach === Number.POSITIVE_INFINITY
        ? "nothing forgotten: the feature looks at the whole lifetime"
        : `nothing later than ${formatDuration(reach as Duration)} ago`,
    next: "Keep the facts longer, or narrow the feature's window.",
  });
}
