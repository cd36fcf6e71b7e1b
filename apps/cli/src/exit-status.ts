import type { ErrorCode } from "@pawl/core";

/** The one table from what went wrong to how the process ends; `pawl help exit-codes` prints it. */
export const exitStatus: Readonly<Record<ErrorCode, number>> = {
  internal: 1,
  invalid_input: 2,
  invalid_definition: 3,
  definition_conflict: 4,
  not_found: 5,
  unsupported: 6,
  bad_data: 7,
  insufficient_data: 8,
  conflict: 9,
  exhausted: 10,
  unauthenticated: 11,
  forbidden: 12,
  unavailable: 13,
  // What shells give for Ctrl-C: 128 and the number of the signal.
  cancelled: 130,
};

/** What each status tells a person. */
export const exitMeaning: Readonly<Record<ErrorCode, string>> = {
  internal: "a fault of Pawl itself",
  invalid_input: "an argument, option or value is wrong",
  invalid_definition: "the definitions contradict themselves or cannot be read",
  definition_conflict: "a name is already taken by another meaning",
  not_found: "nothing of that name, key or version exists",
  unsupported: "this engine, store or trainer cannot do that",
  bad_data: "data breaks its declaration or cannot be read",
  insufficient_data: "there is too little or too uniform data",
  conflict: "the state of things does not allow it now",
  exhausted: "disk, memory or another budget is used up",
  unauthenticated: "the other side wants to know who is asking",
  forbidden: "this may not be done by whoever asks",
  unavailable: "a file, database or peer did not answer",
  cancelled: "stopped on request (Ctrl-C)",
};
