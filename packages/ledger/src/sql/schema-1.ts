import type { Dialect } from "./database.ts";

/** Small tables of words on a thing: one row per owner and key. */
function words(table: string, owner: string, { clustered }: Dialect): string {
  return `CREATE TABLE ${table} (
    owner BIGINT NOT NULL REFERENCES ${owner} (seq), key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (owner, key))${clustered}`;
}

/**
 * The first schema. `seq` is the timeline entry a row began with, so replaying gives the same numbers.
 * BIGINT and DOUBLE PRECISION mean the same to SQLite and PostgreSQL.
 */
export function schema1(dialect: Dialect): readonly string[] {
  const { numberKey, clustered } = dialect;
  return [
    `CREATE TABLE timeline (
      id ${numberKey}, at BIGINT NOT NULL, actor_kind TEXT NOT NULL, actor_name TEXT NOT NULL,
      kind TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_name TEXT NOT NULL,
      subject_version BIGINT, subject_hash TEXT, payload TEXT NOT NULL, hash TEXT NOT NULL)`,
    "CREATE INDEX timeline_subject ON timeline (subject_kind, subject_name, id)",
    "CREATE INDEX timeline_hash ON timeline (subject_hash, id)",
    "CREATE INDEX timeline_kind ON timeline (kind, id)",
    "CREATE INDEX timeline_at ON timeline (at)",

    `CREATE TABLE definitions (
      kind TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, hash TEXT NOT NULL,
      document TEXT NOT NULL, depends_on TEXT NOT NULL, applied_at BIGINT NOT NULL, removed_at BIGINT,
      PRIMARY KEY (kind, name, version))${clustered}`,
    "CREATE INDEX definitions_hash ON definitions (hash)",
    `CREATE TABLE definition_spells (
      kind TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, entry BIGINT NOT NULL,
      since BIGINT NOT NULL, until BIGINT, document TEXT NOT NULL, depends_on TEXT NOT NULL,
      PRIMARY KEY (kind, name, version, entry),
      FOREIGN KEY (kind, name, version) REFERENCES definitions (kind, name, version))${clustered}`,

    `CREATE TABLE datasets (
      name TEXT NOT NULL, version BIGINT NOT NULL, hash TEXT NOT NULL, schema TEXT NOT NULL,
      row_count BIGINT NOT NULL, files TEXT NOT NULL, spine TEXT NOT NULL, view_hash TEXT, as_of BIGINT,
      split TEXT, report TEXT, tags TEXT NOT NULL, created_at BIGINT NOT NULL, removed_at BIGINT,
      PRIMARY KEY (name, version))${clustered}`,
    "CREATE INDEX datasets_hash ON datasets (hash)",
    "CREATE INDEX datasets_view ON datasets (view_hash)",

    `CREATE TABLE experiments (
      seq ${numberKey}, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, artifact_location TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, removed_at BIGINT)`,
    words("experiment_tags", "experiments", dialect),

    `CREATE TABLE runs (
      seq ${numberKey}, id TEXT NOT NULL UNIQUE, experiment_id TEXT NOT NULL REFERENCES experiments (id),
      name TEXT NOT NULL, status TEXT NOT NULL, user_name TEXT NOT NULL, started_at BIGINT NOT NULL,
      ended_at BIGINT, removed_at BIGINT, removed_with BIGINT, environment TEXT NOT NULL, seed BIGINT,
      code_version TEXT, dataset_hash TEXT, parent_id TEXT)`,
    "CREATE INDEX runs_experiment ON runs (experiment_id, started_at DESC, id)",
    "CREATE INDEX runs_started ON runs (started_at DESC, id)",
    "CREATE INDEX runs_dataset ON runs (dataset_hash)",
    "CREATE INDEX runs_parent ON runs (parent_id)",
    words("run_params", "runs", dialect),
    words("run_tags", "runs", dialect),
    `CREATE TABLE metrics (
      run BIGINT NOT NULL REFERENCES runs (seq), key TEXT NOT NULL, step BIGINT NOT NULL, at BIGINT NOT NULL,
      value DOUBLE PRECISION NOT NULL, nan BIGINT NOT NULL, model_id TEXT, dataset_name TEXT,
      dataset_digest TEXT, PRIMARY KEY (run, key, step, at, value, nan))${clustered}`,
    `CREATE TABLE latest_metrics (
      run BIGINT NOT NULL REFERENCES runs (seq), key TEXT NOT NULL, step BIGINT NOT NULL, at BIGINT NOT NULL,
      value DOUBLE PRECISION, nan BIGINT NOT NULL, model_id TEXT, dataset_name TEXT, dataset_digest TEXT,
      PRIMARY KEY (run, key))${clustered}`,
    "CREATE INDEX latest_metrics_value ON latest_metrics (key, value)",
    `CREATE TABLE run_datasets (
      run BIGINT NOT NULL REFERENCES runs (seq), name TEXT NOT NULL, digest TEXT NOT NULL, hash TEXT,
      source_type TEXT, source TEXT, schema TEXT, profile TEXT, context TEXT, tags TEXT NOT NULL,
      PRIMARY KEY (run, name, digest))${clustered}`,
    "CREATE INDEX run_datasets_name ON run_datasets (name, digest)",
    `CREATE TABLE run_models (
      run BIGINT NOT NULL REFERENCES runs (seq), direction TEXT NOT NULL, model_id TEXT NOT NULL, step BIGINT,
      PRIMARY KEY (run, direction, model_id))${clustered}`,

    `CREATE TABLE logged_models (
      seq ${numberKey}, id TEXT NOT NULL UNIQUE, experiment_id TEXT NOT NULL REFERENCES experiments (id),
      name TEXT NOT NULL, type TEXT, source_run_id TEXT, status TEXT NOT NULL, status_message TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, removed_at BIGINT)`,
    "CREATE INDEX logged_models_experiment ON logged_models (experiment_id, created_at DESC)",
    "CREATE INDEX logged_models_run ON logged_models (source_run_id)",
    words("logged_model_params", "logged_models", dialect),
    words("logged_model_tags", "logged_models", dialect),
    `CREATE TABLE logged_model_metrics (
      model BIGINT NOT NULL REFERENCES logged_models (seq), key TEXT NOT NULL, dataset_name TEXT NOT NULL,
      dataset_digest TEXT NOT NULL, run BIGINT NOT NULL REFERENCES runs (seq), step BIGINT NOT NULL,
      at BIGINT NOT NULL, value DOUBLE PRECISION, nan BIGINT NOT NULL,
      PRIMARY KEY (model, key, dataset_name, dataset_digest))${clustered}`,
    // One value per model and key whatever the dataset: the latest, for filters and order.
    `CREATE VIEW logged_model_latest AS SELECT model, key, value FROM (
      SELECT model, key, value, ROW_NUMBER() OVER (PARTITION BY model, key
        ORDER BY step DESC, at DESC, nan, value DESC, dataset_name, dataset_digest) AS place
      FROM logged_model_metrics) ranked WHERE place = 1`,

    `CREATE TABLE models (
      seq ${numberKey}, name TEXT NOT NULL UNIQUE, description TEXT, created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL, removed_at BIGINT)`,
    words("model_tags", "models", dialect),
    `CREATE TABLE model_versions (
      seq ${numberKey}, model BIGINT NOT NULL REFERENCES models (seq), version BIGINT NOT NULL, hash TEXT,
      blob TEXT, source TEXT, run_id TEXT, logged_model_id TEXT, dataset_hash TEXT, view_hash TEXT,
      metrics TEXT NOT NULL, document TEXT, description TEXT, stage TEXT NOT NULL, user_name TEXT NOT NULL,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, removed_at BIGINT, UNIQUE (model, version))`,
    "CREATE INDEX model_versions_hash ON model_versions (hash)",
    "CREATE INDEX model_versions_run ON model_versions (run_id)",
    words("model_version_tags", "model_versions", dialect),
    `CREATE TABLE model_aliases (
      model BIGINT NOT NULL, alias TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (model, alias),
      FOREIGN KEY (model, version) REFERENCES model_versions (model, version))${clustered}`,

    `CREATE TABLE deployments (
      seq ${numberKey}, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, model TEXT NOT NULL,
      version BIGINT NOT NULL, endpoint TEXT, licence TEXT, settings TEXT NOT NULL, since BIGINT NOT NULL,
      until BIGINT)`,
    "CREATE INDEX deployments_name ON deployments (name, since)",
    "CREATE INDEX deployments_model ON deployments (model, version)",

    `CREATE TABLE artifacts (
      owner_kind TEXT NOT NULL, owner_id TEXT NOT NULL, path TEXT NOT NULL, blob TEXT NOT NULL,
      bytes BIGINT NOT NULL, media_type TEXT, stored_at BIGINT NOT NULL,
      PRIMARY KEY (owner_kind, owner_id, path))${clustered}`,
    "CREATE INDEX artifacts_blob ON artifacts (blob)",

    `CREATE TABLE edges (
      from_kind TEXT NOT NULL, from_id TEXT NOT NULL, to_kind TEXT NOT NULL, to_id TEXT NOT NULL,
      relation TEXT NOT NULL, entry BIGINT NOT NULL,
      PRIMARY KEY (from_kind, from_id, to_kind, to_id, relation))${clustered}`,
    "CREATE INDEX edges_to ON edges (to_kind, to_id)",
  ];
}

/** Every table computed from the timeline, and the order that makes its content comparable. */
export const projectedTables: readonly (readonly [table: string, order: string])[] = [
  ["definitions", "kind, name, version"],
  ["definition_spells", "kind, name, version, entry"],
  ["datasets", "name, version"],
  ["experiments", "seq"],
  ["experiment_tags", "owner, key"],
  ["runs", "seq"],
  ["run_params", "owner, key"],
  ["run_tags", "owner, key"],
  ["metrics", "run, key, step, at, value, nan"],
  ["latest_metrics", "run, key"],
  ["run_datasets", "run, name, digest"],
  ["run_models", "run, direction, model_id"],
  ["logged_models", "seq"],
  ["logged_model_params", "owner, key"],
  ["logged_model_tags", "owner, key"],
  ["logged_model_metrics", "model, key, dataset_name, dataset_digest"],
  ["models", "seq"],
  ["model_tags", "owner, key"],
  ["model_versions", "seq"],
  ["model_version_tags", "owner, key"],
  ["model_aliases", "model, alias"],
  ["deployments", "seq"],
  ["artifacts", "owner_kind, owner_id, path"],
  ["edges", "from_kind, from_id, to_kind, to_id, relation"],
];
