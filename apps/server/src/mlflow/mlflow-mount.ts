import type { Mount } from "../app.ts";
import type { Wire } from "../http/wire.ts";
import { type MlflowOptions, mlflowRoutes } from "./mlflow-routes.ts";
import { wireAnswer } from "./wire-error.ts";

const own = /^\/(?:version$|(?:ajax-)?api\/[23]\.0\/mlflow(?:-artifacts)?(?:\/|$))/;

/** How MLflow's wire says no, also to those who do not pass the gate. */
export const mlflowWire: Wire = {
  name: "mlflow",
  owns: (path) => own.test(path),
  render: ({ error }) => ({ body: JSON.stringify(wireAnswer(error).body), mediaType: "application/json" }),
};

/** MLflow's wire as a part of the application. */
export function mlflowMount(options: MlflowOptions): Mount {
  return { path: "/", routes: mlflowRoutes(options), wire: mlflowWire };
}
