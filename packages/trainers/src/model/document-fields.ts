import {
  PawlError,
  type Json,
  type Link,
  type ModelColumn,
  type ModelDocument,
  type Section,
  type Task,
} from "@pawl/core";

/** What every model's header says, whatever its form. */
export interface ModelFields {
  readonly estimator: string;
  readonly task: Task;
  readonly columns: readonly ModelColumn[];
  readonly link: Link;
  /** Parameters, seed and row counts of the training: plain data for people and audits. */
  readonly training: Json;
}

/** A form of model (`trees`, `linear`) and its version. */
export const headerOf = (kind: string, fields: ModelFields): ModelDocument["header"] => ({
  kind,
  version: 1,
  estimator: fields.estimator,
  task: fields.task as Json,
  columns: fields.columns as unknown as Json,
  link: fields.link,
  training: fields.training,
});

const broken = (what: string): PawlError =>
  new PawlError("bad_data", "This model's document cannot be read.", {
    found: what,
    next: "Fetch the model again, or load it with the version of Pawl that wrote it.",
  });

/** Reads the common fields back. Throws `bad_data`. */
export function readFields(document: ModelDocument): ModelFields {
  const { header } = document;
  const { estimator, task, columns, link, training, version } = header as Partial<ModelFields> & {
    version?: number;
  };
  if (version !== 1) throw broken(`format version ${String(version)}`);
  if (typeof estimator !== "string") throw broken("no estimator name");
  if (typeof task !== "object" || task === null || typeof task.kind !== "string") throw broken("no task");
  if (!Array.isArray(columns)) throw broken("no columns");
  if (link === undefined || !["identity", "logit", "softmax", "isolation"].includes(link)) {
    throw broken("no known link");
  }
  return { estimator, task, columns, link, training: training ?? null };
}

type SectionConstructor<S extends Section> = abstract new (...args: never[]) => S;

/** A section of the given array type. Throws `bad_data`. */
export function sectionOf<S extends Section>(
  document: ModelDocument,
  name: string,
  type: SectionConstructor<S>,
): S {
  const section = document.sections[name];
  if (!(section instanceof type)) throw broken(`no section "${name}"`);
  return section;
}
