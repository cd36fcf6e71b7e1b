/** What a project's `pawl.ts` imports: the language of definitions, times and errors. */
export * from "@pawl/core";
