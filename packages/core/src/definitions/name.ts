import { PawlError } from "../errors.ts";

/** What people may say about any definition. Never part of its meaning. */
export interface Described {
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: readonly string[];
}

/** `__proto__` is no key of a plain object in JavaScript, and rows are such objects. */
/** A definition's version: 1, 2, 3 … Raise it to give the same name a new meaning. */
export function checkVersion(version: number, what: string, name: string): void {
  if (Number.isInteger(version) && version >= 1) return;
  throw new PawlError(
    "invalid_definition",
    `The version of the ${what} "${name}" is a whole number from 1.`,
    {
      found: String(version),
    },
  );
}

const namePattern = /^(?!__proto__$)[\p{L}_][\p{L}\p{N}_]{0,62}$/u;

/** Names are letters, digits and underscores of any script, at most 63 long, not starting with a digit. */
export function checkName(name: string, what: string): void {
  if (namePattern.test(name)) return;
  throw new PawlError(
    "invalid_definition",
    `This is not a name for ${/^[aeiou]/.test(what) ? "an" : "a"} ${what}.`,
    {
      found: JSON.stringify(name),
      expected: "letters, digits and _ (at most 63), not starting with a digit",
    },
  );
}
