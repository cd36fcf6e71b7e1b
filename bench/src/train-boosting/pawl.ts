import { auc } from "@pawl/core";
import { gradientBoosting } from "@pawl/trainers";
import { serveContender } from "../harness/serve-contender.ts";
import { readTable } from "../harness/table-file.ts";
import { pawlVersion } from "../harness/pawl-version.ts";
import { boostingSettings } from "./settings.ts";

await serveContender(async ({ data }) => {
  const train = readTable(data, "train");
  const test = readTable(data, "test");
  return {
    version: pawlVersion,
    run: async () => {
      const input = { ...train, task: { kind: "binary" }, seed: 1 } as const;
      const model = await gradientBoosting.train(input, boostingSettings);
      return { numbers: () => ({ auc: auc(test.target, model.predict(test.frame)) }), answer: () => [] };
    },
  };
});
