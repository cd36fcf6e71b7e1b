import { PawlError } from "@pawl/core";

/** What `error()` calls in our own SQL begin with; the rest is JSON for `badValue`. */
export const badValueMark = "pawl-bad-value:";

/** Everything DuckDB throws, as an error with a code and a next step. `sql` goes into the details, shortened. */
export function duckdbError(thrown: unknown, sql?: string): PawlError {
  if (thrown instanceof PawlError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const parts = { cause: thrown, ...(sql !== undefined && { details: { sql: sql.slice(0, 2000) } }) };
  const at = message.indexOf(badValueMark);
  if (at >= 0) return badValue(message.slice(at + badValueMark.length), thrown);
  if (/^INTERRUPT/i.test(message) || message.includes("Interrupted!")) {
    return new PawlError("cancelled", "Stopped on request.", { cause: thrown });
  }
  if (/No space left on device|max_temp_directory_size/i.test(message)) {
    return new PawlError("exhausted", "The disk for temporary data is full.", {
      ...parts,
      found: firstLine(message),
      next: "Free space, or name another folder as tempDirectory.",
    });
  }
  if (/^Out of Memory/i.test(message) || /failed to allocate|could not allocate/i.test(message)) {
    return new PawlError("exhausted", "The memory set for history does not suffice.", {
      ...parts,
      found: firstLine(message),
      next: "Raise memoryLimit, lower factsPerPass, or fill a shorter period at a time.",
    });
  }
  if (/^(Conversion|Invalid Input|Out of Range|Serialization) Error|^Invalid Error/.test(message)) {
    return new PawlError("bad_data", "The data could not be read as declared.", {
      ...parts,
      found: firstLine(message),
      next: "Look at the source with inspect().",
    });
  }
  if (message.startsWith("IO Error") || message.startsWith("Permission Error")) {
    return new PawlError("unavailable", "A file could not be read or written.", {
      ...parts,
      found: firstLine(message),
    });
  }
  return new PawlError("internal", `DuckDB refused a statement of ours: ${firstLine(message)}`, parts);
}

/** The document behind `badValueMark`: where, what was found, what was expected. */
function badValue(json: string, cause: unknown): PawlError {
  const [place = "a column", expected = "another value", ...found] = json.split("\u001f");
  return new PawlError("bad_data", `A value of ${place} is not what was declared.`, {
    found: firstLine(found.join("\u001f")).slice(0, 200),
    expected,
    next: "Correct the data, or declare the column as what it is.",
    cause,
  });
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}
