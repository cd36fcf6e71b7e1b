import { PawlError, type FrameColumn, type TrainingInput } from "@pawl/core";

/** The column a baseline reads, by name. Throws `invalid_input` when it is not named or not there. */
export function baselineColumn(input: TrainingInput, estimator: string, name: string): FrameColumn {
  const found = input.frame.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  throw new PawlError("invalid_input", `The baseline ${estimator} does not know which column to read.`, {
    found: name === "" ? 'no parameter "column"' : `a column "${name}" that is not in the frame`,
    expected: `one of ${input.frame.columns.map((column) => column.name).join(", ")}`,
  });
}
