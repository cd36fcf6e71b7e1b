import { catalog } from "pawl";
import { countText, percentText } from "pawl/terminal";
import { apply, predictionLog, presentLookup, recorded, serve } from "@pawl/loop";
import { openPresent, type Present } from "@pawl/present";
import { createLog, openProject, type Project, type RunningServer, serveProject } from "@pawl/server";
import { join } from "node:path";
import * as definitions from "../pawl.ts";
import { catchUp, replay } from "./live-steps.ts";
import { champion, freeze, leak, leaderboard, read, trainAll } from "./model-steps.ts";
import { plot } from "./plot.ts";
import { type Answered, ask } from "./questions.ts";
import { boardText, tellEnding } from "./report.ts";
import { paint, say, stage } from "./stage.ts";

export interface StoryOptions {
  readonly directory: string;
  readonly port: number;
  /** Leave the server open at the end. */
  readonly stay: boolean;
  readonly signal: AbortSignal;
}

/** The main job, start to end. */
export async function story({ directory, port, stay, signal }: StoryOptions): Promise<void> {
  const began = performance.now();
  say(paint.bold("Pawl · three million flights, from facts to a served model"));
  say();
  const known = catalog(Object.values(definitions));
  const packages = join(directory, "..", "..", "node_modules");
  const project = await openProject({ directory, catalog: known, allow: [packages] });
  const present = await openPresent({
    directory: join(project.state, "present"),
    catalog: known,
    clock: project.ports.clock,
  });
  try {
    const ending = await acts(project, present, signal);
    const server = await serveStory(project, present, port);
    tellEnding({
      ...ending,
      seconds: (performance.now() - began) / 1000,
      memory: process.resourceUsage().maxRSS * 1024,
      url: server.url,
    });
    if (stay) {
      say();
      say(`${paint.good("●")} Serving at ${paint.bold(server.url)} — Ctrl-C stops it.`);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
    await server.stop();
  } finally {
    await present.close();
    await project.close();
  }
}

type Told = Omit<Parameters<typeof tellEnding>[0], "seconds" | "memory" | "url">;

async function acts(project: Project, present: Present, signal: AbortSignal): Promise<Told> {
  const { ports } = project;
  const source = definitions.flights;
  const found = await stage(
    "Reading the facts",
    signal,
    (work) => ports.history.inspect(source, work),
    ({ rows, lateShare }) =>
      `${countText(rows)} flights, January to June 2001; ${percentText(lateShare)} are known only after the fact`,
  );
  await stage(
    "Applying the definitions",
    signal,
    (work) => apply(ports, {}, work),
    ({ plan }) => {
      const added = plan.changes.filter(({ change }) => change === "added").length;
      return `${definitions.isLate.view.columns.length} features in 3 groups; ${added} definitions are new`;
    },
  );
  await stage(
    "Freezing a training set, point in time",
    signal,
    (work) => freeze(ports, work),
    ({ dataset, report }) =>
      `${countText(dataset.rows)} rows, each with what was known before its departure; ${dataset.hash.slice(0, 12)}\n` +
      `data report: ${report.suspicions.length === 0 ? "nothing suspicious" : `${report.suspicions.length} remarks`}`,
  );
  const honest = await read(ports, plot.model);
  const results = await stage(
    "Training five contenders",
    signal,
    (work) => trainAll(ports, honest, work, () => undefined),
    () => "",
  );
  const best = results.get(champion);
  if (!best) throw new Error("The champion was not trained.");
  const board = await stage(
    "Comparing them on May, which none has seen",
    signal,
    () => leaderboard(ports, results),
    (made) => `${made.verdict}\n\n${boardText(made)}\n`,
  );
  const promise = await stage(
    "What a leak would have promised",
    signal,
    async (work) => {
      await freeze(ports, work, true);
      return leak(ports, honest, work);
    },
    ({ promised, delivered }) =>
      `knownTime ignored: AUC ${(promised["auc"] ?? 0).toFixed(3)} in its own test, ` +
      `${(delivered["auc"] ?? 0).toFixed(3)} on features as they are`,
  );
  await stage(
    "Catching up to the end of May",
    signal,
    (work) => catchUp(ports, present, work),
    (facts) => `${countText(facts)} facts in the present, on disk`,
  );
  await stage(
    "Serving, and asking over HTTP",
    signal,
    async () => {
      const server = await serveStory(project, present, 0);
      try {
        return await ask(server.url, plot.model);
      } finally {
        await server.stop();
      }
    },
    (answers) => answers.map(answerText).join("\n"),
  );
  const live = await stage(
    "Living through June",
    signal,
    async (work) => {
      const log = predictionLog(join(project.state, "predictions"), reportFault);
      const serving = recorded(await serve(ports, presentLookup(present)), log, ports.clock);
      try {
        return await replay(ports, present, serving, work);
      } finally {
        await serving.close();
      }
    },
    ({ predicted }) => `${countText(predicted)} predictions kept with their features`,
  );
  return {
    flights: found.rows,
    features: definitions.isLate.view.columns.length,
    board,
    best,
    leak: promise,
    live,
  };
}

function serveStory(project: Project, present: Present, port: number): Promise<RunningServer> {
  return serveProject(project, { port, log: createLog("warn"), lookup: presentLookup(present) });
}

function answerText({ question, probability, because, milliseconds }: Answered): string {
  const reasons = because.map(
    ({ name, value, contribution }) =>
      `${name} = ${short(value)} ${contribution > 0 ? "raises" : "lowers"} it`,
  );
  const flight = `${question.origin} → ${question.destination} at ${question.departure.slice(11, 16)}`;
  return `${flight}: late with ${percentText(probability)} · ${reasons.join(", ")} ${paint.dim(`(${milliseconds.toFixed(1)} ms)`)}`;
}

const short = (value: unknown): string =>
  typeof value === "number" ? String(Number(value.toPrecision(3))) : String(value);

function reportFault(error: unknown): void {
  process.stderr.write(`A prediction could not be recorded: ${String(error)}\n`);
}
