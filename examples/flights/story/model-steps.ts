import { scorecard, type Scorecard, type Work } from "pawl";
import {
  compare,
  findEstimator,
  freezeDataset,
  type FrozenDatasetResult,
  type Leaderboard,
  type Ports,
  readTrainingData,
  type TrainingData,
  trainOn,
  type TrainResult,
} from "@pawl/loop";
import { plot } from "./plot.ts";

/** The contenders, each with the settings it runs with. */
export const contenders: readonly {
  readonly name: string;
  readonly estimator: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly says: string;
}[] = [
  {
    name: "always the mean",
    estimator: "majority",
    params: {},
    says: "the same probability for every flight",
  },
  {
    name: "as the last one",
    estimator: "no-change",
    params: { column: "flights_by_origin_destination.last_late" },
    says: "the last known flight on this route decides",
  },
  {
    name: "by hour of the week",
    estimator: "seasonal",
    params: { column: "departure_hour_of_week", season: "value" },
    says: "how often flights at this hour of the week were late",
  },
  { name: "logistic", estimator: "linear", params: {}, says: "a weighted sum of all features" },
  {
    name: "boosted trees",
    estimator: "gradient-boosting",
    params: { rounds: 150, learningRate: 0.1, maxLeaves: 31, minRowsInLeaf: 100 },
    says: "trees that find what goes together",
  },
];

export const champion = "boosted trees";

export async function freeze(ports: Ports, work: Work, leaky = false): Promise<FrozenDatasetResult> {
  return freezeDataset(
    ports,
    {
      model: plot.model,
      from: plot.from,
      until: plot.testUntil,
      sample: { rows: plot.rows, seed: plot.seed },
      ...(leaky && { name: `${plot.model}_leaky`, ignoreKnownTime: true }),
    },
    work,
  );
}

export async function trainAll(
  ports: Ports,
  data: TrainingData,
  work: Work,
  told: (name: string, result: TrainResult) => void,
): Promise<ReadonlyMap<string, TrainResult>> {
  const results = new Map<string, TrainResult>();
  for (const { name, estimator, params } of contenders) {
    const request = { model: plot.model, name, params, seed: plot.seed, register: name === champion };
    const result = await trainOn(ports, data, findEstimator(ports, estimator), request, work);
    results.set(name, result);
    told(name, result);
  }
  return results;
}

export async function read(ports: Ports, dataset: string): Promise<TrainingData> {
  const split = { trainUntil: plot.trainUntil, testUntil: plot.testUntil, embargo: "0s" };
  return readTrainingData(ports, { model: plot.model, dataset: { name: dataset }, split });
}

export async function leaderboard(
  ports: Ports,
  results: ReadonlyMap<string, TrainResult>,
): Promise<Leaderboard> {
  return compare(ports, { model: plot.model, runs: [...results.values()].map((result) => result.run.id) });
}

/** What a model trained on leaking features promised in its own test, and what it does on features as they are. */
export async function leak(
  ports: Ports,
  honest: TrainingData,
  work: Work,
): Promise<{ readonly promised: Scorecard; readonly delivered: Scorecard }> {
  const leaky = await read(ports, `${plot.model}_leaky`);
  const settings = contenders.find((contender) => contender.name === champion);
  const { frame, target, times } = leaky.train;
  const model = await findEstimator(ports, "gradient-boosting").train(
    { frame, target, times, task: leaky.task, seed: plot.seed },
    settings?.params ?? {},
    work,
  );
  return {
    promised: scorecard(leaky.task, leaky.test.target, model.predict(leaky.test.frame)),
    delivered: scorecard(honest.task, honest.test.target, model.predict(honest.test.frame)),
  };
}
