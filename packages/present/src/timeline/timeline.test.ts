import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeNode, encodeNode } from "./node-codec.ts";
import type { Node } from "./node.ts";
import { shapeOf } from "./shape.ts";
import { checkTimeline, Timeline } from "./timeline.ts";

const shape = shapeOf(
  [
    { name: "n", kind: "int", from: 0 },
    { name: "s", kind: "string", from: 1 },
  ],
  { leafFacts: 4, innerChildren: 3 },
);

it("holds what was inserted and not removed, in order, through the store and back", () => {
  const times = fc.integer({ min: 0, max: 30 });
  const step = fc.record({
    event: times,
    known: times,
    sequence: fc.integer({ min: 1, max: 60 }),
    what: fc.constantFrom("insert", "insert", "insert", "remove", "save"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
      const stored = new Map<number, Uint8Array>();
      const load = (_: string, no: number): Node => decodeNode(stored.get(no) as Uint8Array, no, shape).node;
      let timeline = new Timeline("key", shape, undefined, load);
      const agreed: boolean[] = [];
      const model = new Map<string, readonly [number, number, number]>();
      for (const { event, known, sequence, what } of steps) {
        const id = `${event}/${known}/${sequence}`;
        if (what === "insert") {
          agreed.push(timeline.insert([event, known, sequence, 7], ["text"]) === !model.has(id));
          model.set(id, [event, known, sequence]);
        } else if (what === "remove") {
          agreed.push(timeline.remove(event, known, sequence) === model.delete(id));
        } else {
          for (const no of timeline.freed) stored.delete(no);
          for (const node of timeline.changed) stored.set(node.no, encodeNode(node, timeline.nextNo, shape));
          const root = stored.get(0);
          timeline = new Timeline("key", shape, root && decodeNode(root, 0, shape), load);
        }
      }
      expect(agreed).not.toContain(false);
      const wanted = [...model.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
      expect(checkTimeline(timeline, shape)).toEqual(wanted.map(([, , sequence]) => sequence));
      expect(timeline.root.count).toBe(wanted.length);
    }),
    { numRuns: 300 },
  );
});
