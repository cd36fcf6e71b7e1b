/** What a project's `pawl.ts` imports: the language of definitions, times and errors. */
export * from "@pawl/core";
export {
  type Answer,
  type Client,
  type ClientOptions,
  createClient,
  type Features,
  type Pushed,
} from "./client/client.ts";
