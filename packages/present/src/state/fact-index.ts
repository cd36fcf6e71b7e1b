import { PawlError, type ScalarKind } from "@pawl/core";
import { type FactSchema, keyText, type Row } from "../facts/fact-schema.ts";
import { IndexStates } from "../read/index-states.ts";
import type { Change, KeyValueStore } from "../store/key-value-store.ts";
import { decodeNode, encodeNode } from "../timeline/node-codec.ts";
import type { Node } from "../timeline/node.ts";
import { type NodeSizes, numbersOf, type Shape, shapeOf, textsOf } from "../timeline/shape.ts";
import { Timeline } from "../timeline/timeline.ts";
import { lookupKey, storeKey } from "../store/store-key.ts";
import type { LogPosition } from "../log/fact-log.ts";

/** What an index is of: facts of a source by some of its columns, with the columns its features use. */
export interface IndexDefinition {
  readonly id: number;
  readonly source: string;
  readonly by: readonly string[];
  readonly columns: readonly string[];
  /** Changes with anything that would make stored timelines wrong. */
  readonly meaning: string;
}

/** What was handed to the store: to be marked as written, or taken back. */
export interface Writing {
  readonly changes: readonly Change[];
  written(): void;
  failed(): void;
}

/** The timelines of one source by some columns. */
export class FactIndex {
  readonly definition: IndexDefinition;
  readonly schema: FactSchema;
  readonly shape: Shape;
  readonly states: IndexStates;
  /** Where the backfill goes on; undefined when everything is in. */
  backfill: LogPosition | undefined;
  /** Facts with eventTime before this are no longer here. */
  forgotten = Number.NEGATIVE_INFINITY;
  readonly changed = new Set<Timeline>();
  readonly timelines = new Map<string, Timeline>();
  /** Bytes of all timelines in memory, as of the last look at each. */
  bytes = 0;
  private readonly store: KeyValueStore;
  private readonly by: readonly number[];
  private hand: Iterator<Timeline> = this.timelines.values();

  constructor(definition: IndexDefinition, schema: FactSchema, store: KeyValueStore, sizes?: NodeSizes) {
    this.definition = definition;
    this.schema = schema;
    this.store = store;
    const at = (name: string): number => {
      const position = schema.position.get(name);
      if (position === undefined)
        throw new PawlError("internal", `Source "${definition.source}" has no "${name}".`);
      return position;
    };
    this.by = definition.by.map(at);
    this.shape = shapeOf(
      definition.columns.map((name) => ({
        name,
        kind: schema.kinds[at(name)] as ScalarKind,
        from: at(name),
      })),
      sizes,
    );
    this.states = new IndexStates(this.shape, schema.source.eventTime);
  }

  get name(): string {
    return `${this.definition.source} by ${this.definition.by.join(", ")}`;
  }

  insert(sequence: number, row: Row): void {
    const known = this.schema.knownTime(row);
    const event = row[this.schema.eventTime];
    const key = this.keyOf(row);
    // A fact that does not say when, or whose, is never seen by a feature.
    if (known === null || typeof event !== "number" || key === undefined) return;
    const timeline =
      this.timeline(key) ??
      this.keep(new Timeline(key, this.shape, undefined, this.load, this.states.keepUp));
    timeline.insert(numbersOf(this.shape, event, known, sequence, row), textsOf(this.shape, row));
    this.account(timeline);
    if (timeline.changed.size > 0) this.changed.add(timeline);
  }

  remove(sequence: number, row: Row): void {
    const known = this.schema.knownTime(row);
    const event = row[this.schema.eventTime];
    const key = this.keyOf(row);
    if (known === null || typeof event !== "number" || key === undefined) return;
    const timeline = this.timeline(key);
    if (timeline?.remove(event, known, sequence)) this.changed.add(timeline);
  }

  /** Takes out the facts of a key that happened before a moment. */
  forget(key: string, before: number): number {
    const timeline = this.timeline(key);
    if (!timeline) return 0;
    let forgotten = 0;
    for (let first = timeline.first(); first && first[0] < before; first = timeline.first()) {
      if (timeline.remove(first[0], first[1], first[2])) forgotten++;
    }
    if (forgotten > 0) this.changed.add(timeline);
    return forgotten;
  }

  /** Keys in the store, some at a time, after a place. */
  stored(after: Uint8Array | undefined, limit: number): readonly { key: string; at: Uint8Array }[] {
    const { id } = this.definition;
    const from = after ? Buffer.concat([after, Buffer.from([0])]) : storeKey(id, 0, "");
    return this.store
      .range("nodes", from, storeKey(id, 1, ""), limit)
      .map(({ key }) => ({ key: Buffer.from(key.subarray(8)).toString("utf8"), at: key }));
  }

  /** The timeline of a key, if there is one. */
  timeline(key: string): Timeline | undefined {
    const known = this.timelines.get(key);
    if (known) {
      known.used = true;
      return known;
    }
    const bytes = this.store.get("nodes", lookupKey(this.definition.id, 0, key));
    if (!bytes) return undefined;
    return this.keep(
      new Timeline(key, this.shape, decodeNode(bytes, 0, this.shape), this.load, this.states.keepUp),
    );
  }

  /** Hands over the nodes of some changed timelines; of each timeline all or none. */
  startWriting(timelines: readonly Timeline[]): Writing {
    const { id } = this.definition;
    const changes: Change[] = [];
    const taken: { timeline: Timeline; changes: ReturnType<Timeline["takeChanges"]> }[] = [];
    for (const timeline of timelines) {
      const handed = timeline.takeChanges();
      const { nodes, freed } = handed;
      for (const no of freed)
        changes.push({ table: "nodes", key: storeKey(id, no, timeline.key), value: null });
      for (const node of nodes) {
        // A key without facts leaves nothing behind.
        const isEmpty = node.leaf && node.rows.length === 0;
        const value = isEmpty ? null : encodeNode(node, timeline.nextNo, this.shape);
        changes.push({ table: "nodes", key: storeKey(id, node.no, timeline.key), value });
      }
      this.changed.delete(timeline);
      taken.push({ timeline, changes: handed });
    }
    return {
      changes,
      written: () => {
        for (const { timeline } of taken) timeline.writing--;
      },
      failed: () => {
        for (const { timeline, changes } of taken) {
          timeline.restoreChanges(changes);
          this.changed.add(timeline);
        }
      },
    };
  }

  /** Brings the count of bytes up to date with a timeline that was read or changed. */
  account(timeline: Timeline): void {
    this.bytes += timeline.bytes - timeline.counted;
    timeline.counted = timeline.bytes;
  }

  /**
   * Looks at some timelines in turn and, while more than `bytes` are held, lets go of those that were not
   * asked for since it came by last. What differs from the store stays.
   */
  shrink(bytes: number, steps: number): void {
    for (let step = 0; step < steps && this.bytes > bytes; step++) {
      let next = this.hand.next();
      if (next.done === true) {
        this.hand = this.timelines.values();
        next = this.hand.next();
        if (next.done === true) return;
      }
      const timeline = next.value;
      this.account(timeline);
      if (timeline.changed.size > 0 || timeline.writing > 0) continue;
      if (!timeline.used) {
        this.timelines.delete(timeline.key);
        this.bytes -= timeline.counted;
      } else if (timeline.bytes > bytes / 8) timeline.release();
      timeline.used = false;
    }
  }

  private keep(timeline: Timeline): Timeline {
    timeline.used = true;
    this.timelines.set(timeline.key, timeline);
    this.account(timeline);
    return timeline;
  }

  private readonly load = (key: string, no: number): Node => {
    const bytes = this.store.get("nodes", lookupKey(this.definition.id, no, key));
    if (bytes) return decodeNode(bytes, no, this.shape).node;
    throw new PawlError("bad_data", `A part of the timeline of "${key}" in ${this.name} is missing.`, {
      next: "Delete the folder `state`; it is made again from the log. Do not delete the log.",
    });
  };

  /** The text of the key a fact is found by; undefined where a part of it is null. */
  keyOf(row: Row): string | undefined {
    for (const position of this.by)
      if (row[position] === null || row[position] === undefined) return undefined;
    return keyText(row, this.by);
  }
}
