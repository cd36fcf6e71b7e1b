import type { Present } from "@pawl/present";
import type { Project } from "@pawl/server";
import type { Setting } from "../command.ts";
import { plural } from "../output/figures.ts";
import { withProject } from "./with-project.ts";

/** Opens the project and its present, does something with them, and closes both whatever happens. */
export function withLive<T>(
  setting: Setting,
  body: (opened: { readonly project: Project; readonly present: Present }) => Promise<T>,
): Promise<T> {
  const { terminal } = setting;
  return withProject(setting, async (project) => {
    const { openLive } = await import("@pawl/server");
    const { present, facts, leftBehind } = await openLive(project, terminal.work);
    if (facts > 0) terminal.note((paint) => paint.dim(`Read ${plural(facts, "fact")} into the present.`));
    for (const { source, error } of leftBehind) {
      terminal.note((paint) => `${paint.warn("!")} The files of ${source} were not read: ${error.message}`);
    }
    try {
      const done = await body({ project, present });
      // So that history has what was pushed, whoever asks next.
      const { exportFacts } = await import("@pawl/loop");
      await exportFacts(project.ports, present, terminal.work);
      return done;
    } finally {
      await present.close();
    }
  });
}
