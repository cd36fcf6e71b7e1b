import { checkArtifactPath } from "../artifact-path.ts";
import type { Artifact, ArtifactListing, ArtifactOwner, Artifacts } from "../artifacts.ts";
import { checkHash, checkText, checkWhole, checkWord } from "../checks.ts";
import { PawlError } from "@pawl/core";
import type { Sql } from "./database.ts";
import type { Journal } from "./journal.ts";
import { notFound } from "./not-found.ts";
import { type Projections, projecting } from "./projection.ts";

interface ArtifactRow {
  readonly path: string;
  readonly blob: string;
  readonly bytes: number;
  readonly media_type: string | null;
  readonly stored_at: number;
}

function artifactOf(row: ArtifactRow): Artifact {
  return {
    path: row.path,
    blob: row.blob,
    bytes: row.bytes,
    ...(row.media_type !== null && { mediaType: row.media_type }),
    storedAt: row.stored_at,
  };
}

interface Stored {
  readonly owner: ArtifactOwner;
  readonly path: string;
}

export const artifactProjections: Projections = {
  "artifact.stored": projecting<Stored & Omit<Artifact, "storedAt">>(async (sql, stored, { at }) => {
    const { owner, path, blob, bytes, mediaType } = stored;
    await sql.run(
      `INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner_kind, owner_id, path) DO UPDATE
       SET blob = excluded.blob, bytes = excluded.bytes, media_type = excluded.media_type,
       stored_at = excluded.stored_at`,
      [owner.kind, owner.id, path, blob, bytes, mediaType ?? null, at],
    );
  }),
  "artifact.removed": projecting<Stored>(async (sql, { owner, path }) => {
    await sql.run("DELETE FROM artifacts WHERE owner_kind = ? AND owner_id = ? AND path = ?", [
      owner.kind,
      owner.id,
      path,
    ]);
  }),
};

async function checkOwner(sql: Sql, { kind, id }: ArtifactOwner): Promise<void> {
  checkWord("owner of an artifact", kind, ["run", "logged-model"]);
  const table = kind === "run" ? "runs" : "logged_models";
  const row = await sql.one(`SELECT 1 AS hit FROM ${table} WHERE id = ?`, [id]);
  if (row === undefined) notFound(kind === "run" ? "run" : "logged model", id);
}

async function find(sql: Sql, owner: ArtifactOwner, path: string): Promise<Artifact | undefined> {
  const row = await sql.one<ArtifactRow>(
    "SELECT * FROM artifacts WHERE owner_kind = ? AND owner_id = ? AND path = ?",
    [owner.kind, owner.id, path],
  );
  return row && artifactOf(row);
}

/** Every file at or below a path. "0" follows "/" in ASCII, so the range is the folder's content. */
async function all(sql: Sql, owner: ArtifactOwner, folder: string): Promise<readonly Artifact[]> {
  if (folder !== "") checkArtifactPath(folder);
  const rows =
    folder === ""
      ? await sql.all<ArtifactRow>(
          "SELECT * FROM artifacts WHERE owner_kind = ? AND owner_id = ? ORDER BY path",
          [owner.kind, owner.id],
        )
      : await sql.all<ArtifactRow>(
          `SELECT * FROM artifacts WHERE owner_kind = ? AND owner_id = ?
           AND (path = ? OR (path > ? AND path < ?)) ORDER BY path`,
          [owner.kind, owner.id, folder, `${folder}/`, `${folder}0`],
        );
  return rows.map(artifactOf);
}

function children(artifacts: readonly Artifact[], folder: string): readonly ArtifactListing[] {
  const start = folder === "" ? 0 : folder.length + 1;
  const listings = new Map<string, ArtifactListing>();
  for (const artifact of artifacts) {
    if (artifact.path === folder) continue;
    const slash = artifact.path.indexOf("/", start);
    if (slash === -1) listings.set(artifact.path, { ...artifact, folder: false });
    else {
      const path = artifact.path.slice(0, slash);
      listings.set(path, { path, folder: true });
    }
  }
  return [...listings.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A path is a file or a folder, never both: else the files could not be laid out on a disk. */
async function checkFits(sql: Sql, owner: ArtifactOwner, path: string): Promise<void> {
  const parts = path.split("/");
  for (let length = 1; length < parts.length; length += 1) {
    const parent = parts.slice(0, length).join("/");
    if ((await find(sql, owner, parent)) !== undefined) clash(path, parent);
  }
  const below = await all(sql, owner, path);
  const inside = below.find((artifact) => artifact.path !== path);
  if (inside !== undefined) clash(path, inside.path);
}

function clash(path: string, other: string): never {
  throw new PawlError("conflict", "A path cannot be both a file and a folder.", {
    found: `${path}, while there is a file ${other}`,
    expected: "a path beside the files there are",
    next: "Choose another path, or remove the other file.",
  });
}

export function sqlArtifacts(journal: Journal): Artifacts {
  return {
    put: (owner, artifact) =>
      journal.change(async (change) => {
        const { path, blob, bytes, mediaType } = artifact;
        checkArtifactPath(path);
        checkHash("hash of the artifact", blob);
        checkWhole("size of the artifact", bytes);
        if (mediaType !== undefined) checkText("media type", mediaType, 250);
        await checkOwner(change.sql, owner);
        const before = await find(change.sql, owner, path);
        if (before?.blob === blob && before.mediaType === mediaType) return before;
        await checkFits(change.sql, owner, path);
        const { kind, id } = owner;
        await change.record(
          "artifact.stored",
          { kind, name: id },
          { owner: { kind, id }, path, blob, bytes, mediaType },
        );
        return { path, blob, bytes, ...(mediaType !== undefined && { mediaType }), storedAt: change.at };
      }),
    get: (owner, path) => journal.read((sql) => find(sql, owner, checkArtifactPath(path))),
    list: (owner, folder = "") =>
      journal.read(async (sql) => children(await all(sql, owner, folder), folder)),
    all: (owner, folder = "") => journal.read((sql) => all(sql, owner, folder)),
    remove: (owner, path) =>
      journal.change(async (change) => {
        const { kind, id } = owner;
        const artifacts = await all(change.sql, owner, path);
        for (const artifact of artifacts) {
          await change.record(
            "artifact.removed",
            { kind, name: id },
            { owner: { kind, id }, path: artifact.path },
          );
        }
        return artifacts.length;
      }),
  };
}
