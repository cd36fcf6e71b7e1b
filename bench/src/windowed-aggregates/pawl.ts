import { openHistory } from "@pawl/history";
import { fillColumns } from "../harness/fill-columns.ts";
import { pawlVersion } from "../harness/pawl-version.ts";
import { serveContender } from "../harness/serve-contender.ts";
import { windowsRequest } from "./definitions.ts";

await serveContender(async ({ data }) => {
  const history = await openHistory({ root: data });
  const request = windowsRequest(data);
  return {
    version: pawlVersion,
    run: async () => {
      const columns = await fillColumns(history, request);
      return { answer: () => columns };
    },
    close: () => history.close(),
  };
});
