import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./places.ts";

const manifest = readFileSync(join(repository, "packages", "core", "package.json"), "utf8");

/** Pawl's version, as its packages say. */
export const pawlVersion: string = (JSON.parse(manifest) as { version: string }).version;
