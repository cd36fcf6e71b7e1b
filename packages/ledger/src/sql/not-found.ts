import { PawlError } from "@pawl/core";

/** Refuses with `not_found`: "There is no run 3f…". */
export function notFound(what: string, name: string): never {
  throw new PawlError("not_found", `There is no ${what} ${name}.`, {
    found: name,
    expected: `the name or id of a ${what} in this ledger`,
    next: `List them to see which there are.`,
  });
}
