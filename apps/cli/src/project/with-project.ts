import { userInfo } from "node:os";
import type { Project } from "@pawl/server";
import type { Setting } from "../command.ts";
import { allowedFolders } from "./allowed-folders.ts";
import { findProject } from "./find-project.ts";
import { loadDefinitions } from "./load-definitions.ts";

/** Opens the project of this command, does something with it, and closes it whatever happens. */
export async function withProject<T>(setting: Setting, body: (project: Project) => Promise<T>): Promise<T> {
  const place = findProject(setting.cwd, setting.project);
  const catalog = await loadDefinitions(place);
  setting.terminal.signal.throwIfAborted();
  // Loaded here and not above: engines take a while, and help should not.
  const { openProject } = await import("@pawl/server");
  const project = await openProject({
    directory: place.directory,
    catalog,
    allow: allowedFolders(place.directory),
    actor: { kind: "person", name: userName(setting.env) },
  });
  try {
    return await body(project);
  } finally {
    await project.close();
  }
}

/** As `withProject`, after history has been given every fact that was pushed. */
export function withSettledProject<T>(setting: Setting, body: (project: Project) => Promise<T>): Promise<T> {
  return withProject(setting, async (project) => {
    const { settleFacts } = await import("@pawl/server");
    await settleFacts(project, setting.terminal.work);
    return body(project);
  });
}

/** Who is at work, as the system knows them. */
function userName(env: Setting["env"]): string {
  try {
    return userInfo().username;
  } catch {
    return env["USER"] ?? "unknown";
  }
}
