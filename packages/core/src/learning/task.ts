/**
 * What is to be predicted.
 * - `binary`: the target is 0 or 1; one output, the probability of 1.
 * - `multiclass`: the target indexes `classes`; one probability per class.
 * - `regression`: the target is any finite number; one output.
 * - `anomaly`: no target; one output in (0, 1), higher is stranger.
 */
export type Task =
  | { readonly kind: "binary" }
  | { readonly kind: "multiclass"; readonly classes: readonly string[] }
  | { readonly kind: "regression" }
  | { readonly kind: "anomaly" };

export type TaskKind = Task["kind"];

/** Numbers a model of this task gives per row. */
export function outputsOf(task: Task): number {
  return task.kind === "multiclass" ? task.classes.length : 1;
}

/** Whether two tasks ask for the same thing: same kind, same classes in the same order. */
export function sameTask(a: Task, b: Task): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind !== "multiclass" || b.kind !== "multiclass") return true;
  return a.classes.length === b.classes.length && a.classes.every((name, i) => name === b.classes[i]);
}
