import { PawlError } from "@pawl/core";
import type { NewRun, Run, RunStatus, RunUpdate } from "@pawl/ledger";
import { z } from "zod";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { paging, searching, viewType } from "./experiment-endpoints.ts";
import { parseFilter } from "./filter-parser.ts";
import { parseOrderBy } from "./order-by.ts";
import { cutTags, mustFindRun, nameTag, runInfo, runOf, statusOf, statusWords } from "./run-wire.ts";
import { runWords } from "./vocabularies.ts";
import { meaningIn } from "./vocabulary.ts";
import { listOf, nextToken, optionalMoment, optionalText, requiredText, tagList } from "./wire-values.ts";

/** Input with a run's id and more. The id has two names: today's and that of MLflow 0. */
export function ofRun<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    (fields) => {
      const { run_id, run_uuid } = fields as { readonly run_id?: unknown; readonly run_uuid?: unknown };
      return run_id ? fields : { ...(fields as object), run_id: run_uuid };
    },
    z.object({ run_id: requiredText, ...shape }),
  );
}

const creating = z.object({
  experiment_id: optionalText.transform((id) => id ?? "0"),
  user_id: optionalText,
  run_name: optionalText,
  start_time: optionalMoment,
  tags: tagList,
});

async function create(wanted: z.output<typeof creating>, desk: Desk): Promise<object> {
  const { [nameTag]: taggedName, ...tags } = wanted.tags;
  const { run_name: givenName, user_id: user, start_time: startedAt } = wanted;
  if (givenName !== undefined && taggedName !== undefined && taggedName !== givenName) {
    throw new PawlError("invalid_input", `The run's name and its tag ${nameTag} differ.`, {
      found: `${givenName} and ${taggedName}`,
      expected: "one name",
    });
  }
  const name = givenName ?? taggedName;
  const parent = tags["mlflow.parentRunId"];
  const commit = tags["mlflow.source.git.commit"];
  // A tag may hold anything; only the id of a run here makes it the parent.
  const known = parent !== undefined && (await desk.ledger.runs.get(parent)) !== undefined;
  const run: NewRun = {
    experimentId: wanted.experiment_id,
    tags: cutTags(tags),
    ...(name && { name }),
    ...(user !== undefined && { user }),
    ...(startedAt !== undefined && { startedAt }),
    ...(known && { parentId: parent }),
    ...(commit !== undefined && { codeVersion: commit }),
  };
  return { run: await runOf(await desk.ledger.runs.start(run), desk) };
}

const ends: ReadonlySet<RunStatus> = new Set(["finished", "failed", "killed"]);

/** MLflow sets any status from any other; in the ledger, a run that ended runs again before it ends otherwise. */
async function update(desk: Desk, run: Run, wanted: RunUpdate): Promise<Run> {
  const { status } = wanted;
  const endsOtherwise = status !== undefined && status !== run.status && ends.has(status);
  if (endsOtherwise && run.status !== "running") {
    const direct = run.status === "scheduled" && status !== "finished";
    if (!direct) await desk.ledger.runs.update(run.id, { status: "running" });
  }
  return desk.ledger.runs.update(run.id, wanted);
}

const refused = { conflict: "INVALID_PARAMETER_VALUE" } as const;

export const runEndpoints = [
  endpoint("POST /runs/create", { input: creating, ...refused }, create),
  endpoint("GET /runs/get", { input: ofRun({}) }, async ({ run_id: id }, desk) => ({
    run: await runOf(await mustFindRun(desk, id), desk),
  })),
  endpoint(
    "POST /runs/update",
    {
      input: ofRun({
        status: z.enum(statusWords).nullish(),
        end_time: optionalMoment,
        run_name: optionalText,
      }),
      ...refused,
    },
    async ({ run_id: id, status, end_time: endedAt, run_name: name }, desk) => {
      const run = await update(desk, await mustFindRun(desk, id), {
        ...(name !== undefined && { name }),
        ...(status && { status: statusOf(status) }),
        ...(endedAt !== undefined && { endedAt }),
      });
      return { run_info: await runInfo(run, desk) };
    },
  ),
  endpoint("POST /runs/delete", { input: ofRun({}), ...refused }, async ({ run_id: id }, desk) => {
    await mustFindRun(desk, id);
    await desk.ledger.runs.remove(id);
    return {};
  }),
  endpoint("POST /runs/restore", { input: ofRun({}), ...refused }, async ({ run_id: id }, desk) => {
    await mustFindRun(desk, id);
    await desk.ledger.runs.restore(id);
    return {};
  }),
  endpoint(
    "POST /runs/search",
    { input: z.object({ ...searching, experiment_ids: listOf(z.string()), run_view_type: viewType }) },
    async ({ experiment_ids, filter: text, order_by, run_view_type: presence, ...asked }, desk) => {
      const filter = parseFilter(text, meaningIn(runWords));
      const { items, next } = await desk.ledger.runs.search({
        experimentIds: [...new Set(experiment_ids)],
        ...(filter && { filter }),
        order: parseOrderBy(order_by, runWords),
        presence,
        ...paging(asked),
      });
      const runs: object[] = [];
      for (const run of items) runs.push(await runOf(run, desk));
      return { ...(runs.length > 0 && { runs }), ...nextToken(next) };
    },
  ),
  endpoint(
    "POST /runs/set-tag",
    { input: ofRun({ key: requiredText, value: z.string() }), ...refused },
    async ({ run_id: id, key, value }, desk) => {
      await mustFindRun(desk, id);
      if (key === nameTag) await desk.ledger.runs.update(id, { name: value });
      else await desk.ledger.runs.log(id, { tags: cutTags({ [key]: value }) });
      return {};
    },
  ),
  endpoint(
    "POST /runs/delete-tag",
    { input: ofRun({ key: requiredText }), ...refused },
    async ({ run_id: id, key }, desk) => {
      const { tags } = await mustFindRun(desk, id);
      // A run always has a name.
      if (key === nameTag) return {};
      if (!Object.hasOwn(tags, key))
        throw new PawlError("not_found", `No tag with name: ${key} in run with id ${id}.`);
      await desk.ledger.runs.log(id, { tags: { [key]: null } });
      return {};
    },
  ),
];
