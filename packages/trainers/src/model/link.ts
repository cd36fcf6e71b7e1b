import type { Link, Task } from "@pawl/core";

/** The link a task's margins go through when the learner has no other. */
export function linkOf(task: Task): Link {
  if (task.kind === "binary") return "logit";
  if (task.kind === "multiclass") return "softmax";
  return task.kind === "anomaly" ? "isolation" : "identity";
}

export const sigmoid = (margin: number): number => 1 / (1 + Math.exp(-margin));

/** Turns rows × outputs margins into predictions, in place. */
export function applyLink(link: Link, outputs: number, values: Float64Array): void {
  switch (link) {
    case "identity":
      return;
    case "logit":
      for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-(values[i] as number)));
      return;
    case "isolation":
      for (let i = 0; i < values.length; i++) values[i] = 2 ** -(values[i] as number);
      return;
    case "softmax":
      for (let at = 0; at < values.length; at += outputs) softmax(values, at, outputs);
  }
}

function softmax(values: Float64Array, at: number, outputs: number): void {
  let top = -Infinity;
  for (let o = 0; o < outputs; o++) top = Math.max(top, values[at + o] as number);
  let sum = 0;
  for (let o = 0; o < outputs; o++) {
    const e = Math.exp((values[at + o] as number) - top);
    values[at + o] = e;
    sum += e;
  }
  for (let o = 0; o < outputs; o++) values[at + o] = (values[at + o] as number) / sum;
}
