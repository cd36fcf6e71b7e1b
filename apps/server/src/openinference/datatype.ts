import { isListKind, type Kind, elementKind, PawlError } from "@pawl/core";

export const datatypes = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;
export type Datatype = (typeof datatypes)[number];

export const isDatatype = (value: unknown): value is Datatype =>
  (datatypes as readonly unknown[]).includes(value);

/** Bytes of one element in the binary form; BYTES elements carry their own length. */
export const elementBytes: Readonly<Record<Exclude<Datatype, "BYTES">, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
};

const whole = ["INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8"] as const;
const real = ["FP64", "FP32", "FP16"] as const;

/**
 * What a column of a kind is sent as: the first is what metadata says, the others are taken too. Reals are
 * taken for whole numbers because NaN is the only word tensors have for "not known".
 */
const accepted: Readonly<Record<Exclude<Kind, `list<${string}>`>, readonly Datatype[]>> = {
  string: ["BYTES"],
  int: [...whole, ...real],
  bigint: ["INT64", "UINT64", "INT32", "UINT32", "BYTES"],
  float: [...real, ...whole],
  bool: ["BOOL", "UINT8", "INT8", "INT32", "INT64"],
  timestamp: ["BYTES", "INT64"],
  duration: [...whole, ...real],
};

/** The datatypes a column may be sent as, its own first. */
export function datatypesOf(kind: Kind): readonly [Datatype, ...Datatype[]] {
  const [own, ...others] = accepted[isListKind(kind) ? elementKind(kind) : kind];
  if (own === undefined) throw new PawlError("internal", `No datatype for ${kind}.`);
  return [own, ...others];
}
