import { PawlError } from "@pawl/core";
import { room } from "../store/arena.ts";
import type { Child, Inner, Leaf, Node } from "./node.ts";
import type { Shape, TextCell } from "./shape.ts";

const leafTag = 1;
const innerTag = 2;
const head = 16;
const childNumbers = 9;

/**
 * A node as bytes: tag, number of facts or children, the next free node number (of the root), then doubles,
 * then the texts as JSON.
 */
export function encodeNode(node: Node, nextNo: number, shape: Shape): Uint8Array {
  return node.leaf ? encodeLeaf(node, nextNo, shape) : encodeInner(node, nextNo);
}

function encodeLeaf({ rows, texts }: Leaf, nextNo: number, shape: Shape): Uint8Array {
  const tail = texts.length === 0 ? undefined : Buffer.from(JSON.stringify(texts.map(plain)), "utf8");
  const bytes = room(head + rows.length * 8 + (tail?.length ?? 0));
  writeHead(bytes, leafTag, rows.length / shape.stride, nextNo);
  new Float64Array(bytes.buffer, bytes.byteOffset + head, rows.length).set(rows);
  if (tail) bytes.set(tail, head + rows.length * 8);
  return bytes;
}

const plain = (text: TextCell): string | null => (typeof text === "bigint" ? text.toString() : text);

function encodeInner({ children }: Inner, nextNo: number): Uint8Array {
  const bytes = room(head + children.length * childNumbers * 8);
  writeHead(bytes, innerTag, children.length, nextNo);
  const numbers = new Float64Array(bytes.buffer, bytes.byteOffset + head, children.length * childNumbers);
  for (const [i, c] of children.entries()) {
    numbers.set(
      [c.no, c.count, c.minEvent, c.maxEvent, c.minKnown, c.maxKnown, c.lowEvent, c.lowKnown, c.lowSequence],
      i * childNumbers,
    );
  }
  return bytes;
}

function writeHead(bytes: Uint8Array, tag: number, count: number, nextNo: number): void {
  const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, 3);
  numbers[0] = tag;
  numbers[1] = count;
  numbers[2] = nextNo;
}

// Stored bytes may start anywhere; doubles are read from here.
let scratch = new ArrayBuffer(8192);
let scratchBytes = new Uint8Array(scratch);

export function decodeNode(bytes: Uint8Array, no: number, shape: Shape): { node: Node; nextNo: number } {
  if (bytes.length < head) throw badNode(`${bytes.length} bytes`);
  if (bytes.length > scratch.byteLength) {
    scratch = new ArrayBuffer(bytes.length * 2);
    scratchBytes = new Uint8Array(scratch);
  }
  scratchBytes.set(bytes);
  const [tag, count, nextNo] = new Uint32Array(scratch, 0, 3) as unknown as [number, number, number];
  const width = tag === leafTag ? shape.stride : childNumbers;
  const end = head + count * width * 8;
  if ((tag !== leafTag && tag !== innerTag) || end > bytes.length)
    throw badNode(`tag ${tag}, ${count} items`);
  const numbers = new Float64Array(scratch, head, count * width);
  if (tag === innerTag) return { node: decodeInner(numbers, count, no), nextNo };
  const rows: number[] = [];
  for (let i = 0; i < numbers.length; i++) rows.push(numbers[i] as number);
  const texts = shape.texts === 0 || end === bytes.length ? [] : decodeTexts(bytes.subarray(end), shape);
  return { node: { leaf: true, no, rows, texts, summaries: undefined }, nextNo };
}

function decodeTexts(bytes: Uint8Array, shape: Shape): TextCell[] {
  const texts = JSON.parse(Buffer.from(bytes).toString("utf8")) as TextCell[];
  for (const column of shape.columns) {
    if (column.kind !== "bigint") continue;
    for (let i = column.slot; i < texts.length; i += shape.texts) {
      const text = texts[i];
      if (typeof text === "string") texts[i] = BigInt(text);
    }
  }
  return texts;
}

function decodeInner(numbers: Float64Array, count: number, no: number): Inner {
  const children: Child[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * childNumbers;
    const [n, c, minEvent, maxEvent, minKnown, maxKnown, lowEvent, lowKnown, lowSequence] = numbers.subarray(
      at,
      at + childNumbers,
    ) as unknown as [number, number, number, number, number, number, number, number, number];
    children.push({
      no: n,
      node: undefined,
      count: c,
      minEvent,
      maxEvent,
      minKnown,
      maxKnown,
      lowEvent,
      lowKnown,
      lowSequence,
    });
  }
  return { leaf: false, no, children, summaries: undefined };
}

function badNode(found: string): PawlError {
  return new PawlError("bad_data", "A stored timeline cannot be read.", {
    found,
    expected: "a node of a timeline",
    next: "Delete the folder `state`; it is made again from the log. Do not delete the log.",
  });
}
