import type { Field, Filter } from "@pawl/ledger";
import { type Clause, Meaningless, parseFilter } from "./filter-parser.ts";
import { type Attribute, meaningIn, type Vocabulary } from "./vocabulary.ts";

const text = (key: string, value?: Attribute["value"]): Attribute => ({
  key,
  type: "text",
  ...(value && { value }),
});
const millis = (key: string): Attribute => ({ key, type: "millis" });
const lower = (word: string): string => word.toLowerCase();

type Asked = Clause & { readonly kind: Field["of"] };

/** A run's name is also its tag `mlflow.runName`; the ledger keeps it once. */
function runNameTag(clause: Asked): Filter | undefined {
  if (clause.kind !== "tag" || clause.key !== "mlflow.runName") return undefined;
  const { values, operator } = clause;
  return meaningIn(runWords)({ key: "run_name", operator, values });
}

/**
 * The ledger keeps no artifact addresses; they follow from the run's id. So an address is compared by the
 * id in it, and a pattern of addresses is refused.
 */
function artifactUri({ kind, key, operator, values }: Asked): Filter | undefined {
  if (kind !== "attribute" || key !== "artifact_uri") return undefined;
  if (operator !== "=" && operator !== "!=" && operator !== "IN" && operator !== "NOT IN") {
    throw new Meaningless(
      `artifact_uri cannot be compared with ${operator}`,
      "= != IN NOT IN, or compare run_id",
    );
  }
  const ids = values.map((literal) => {
    const uri = "text" in literal ? literal.text : "";
    return { text: /\/([0-9a-f]{32})\/artifacts\/?$/.exec(uri)?.[1] ?? uri };
  });
  return meaningIn(runWords)({ key: "run_id", operator, values: ids });
}

export const runWords: Vocabulary = {
  noun: "a run",
  kinds: ["metric", "param", "tag", "dataset"],
  datasetKeys: ["name", "digest", "context"],
  attributes: {
    run_id: text("id"),
    run_name: text("name"),
    "run name": text("name"),
    "Run name": text("name"),
    "Run Name": text("name"),
    experiment_id: text("experiment_id"),
    user_id: text("user"),
    status: text("status", lower),
    start_time: millis("started_at"),
    created: millis("started_at"),
    Created: millis("started_at"),
    end_time: millis("ended_at"),
  },
  special: (clause) => runNameTag(clause) ?? artifactUri(clause),
};

export const experimentWords: Vocabulary = {
  noun: "an experiment",
  kinds: ["tag"],
  attributes: {
    name: text("name"),
    experiment_id: text("id"),
    creation_time: millis("created_at"),
    last_update_time: millis("updated_at"),
  },
};

/** `prompts` is the one tag whose absence means "false": models were there before prompts. */
const promptTag = "mlflow.prompt.is_prompt";

function promptWords(clause: Asked): Filter | undefined {
  if (clause.kind !== "tag" || clause.key !== promptTag) return undefined;
  const [literal] = clause.values;
  const value = literal !== undefined && "text" in literal ? literal.text : undefined;
  const field: Field = { of: "tag", key: promptTag };
  if (value !== undefined && clause.operator === "!=") return { not: { field, is: "=", value } };
  if (value === "false" && clause.operator === "=") {
    return {
      any: [
        { field, is: "is-null" },
        { field, is: "=", value },
      ],
    };
  }
  return undefined;
}

export const registeredModelWords: Vocabulary = {
  noun: "a registered model",
  kinds: ["tag"],
  attributes: {
    name: text("name"),
    timestamp: millis("updated_at"),
    creation_timestamp: millis("created_at"),
    last_updated_timestamp: millis("updated_at"),
  },
  special: promptWords,
};

export const modelVersionWords: Vocabulary = {
  noun: "a model version",
  kinds: ["tag"],
  attributes: {
    name: text("name"),
    version_number: { key: "version", type: "number" },
    run_id: text("run_id"),
    source_path: text("source"),
    creation_timestamp: millis("created_at"),
    last_updated_timestamp: millis("updated_at"),
  },
  special: promptWords,
};

const loggedStatus: Readonly<Record<string, string>> = {
  LOGGED_MODEL_PENDING: "pending",
  LOGGED_MODEL_READY: "ready",
  LOGGED_MODEL_UPLOAD_FAILED: "failed",
  PENDING: "pending",
  READY: "ready",
  FAILED: "failed",
};

export const loggedModelWords: Vocabulary = {
  noun: "a logged model",
  kinds: ["metric", "param", "tag"],
  attributes: {
    name: text("name"),
    model_id: text("id"),
    model_type: text("type"),
    status: text("status", (word) => loggedStatus[word] ?? word),
    source_run_id: text("source_run_id"),
    creation_timestamp: millis("created_at"),
    creation_time: millis("created_at"),
    last_updated_timestamp: millis("updated_at"),
    last_updated_time: millis("updated_at"),
  },
};

/**
 * A filter on registered models or versions. Unless it asks about prompts itself, prompts are left out:
 * they are kept in the same registry, but are not models.
 */
export function parseRegistryFilter(filter: string | undefined, vocabulary: Vocabulary): Filter {
  let aboutPrompts = false;
  const meaning = meaningIn(vocabulary);
  const parsed = parseFilter(filter, (clause) => {
    aboutPrompts ||= clause.key === promptTag;
    return meaning(clause);
  });
  const models: Filter = { not: { field: { of: "tag", key: promptTag }, is: "=", value: "true" } };
  if (parsed === undefined) return models;
  return aboutPrompts ? parsed : { all: [parsed, models] };
}
