import { PawlError } from "@pawl/core";

const longest = 2_000;
/** How often a text is decoded in search of what it hides. */
const patience = 8;

function refuse(path: string, expected: string): never {
  throw new PawlError("invalid_input", "Invalid path.", {
    found: JSON.stringify(path.slice(0, 200)),
    expected,
    next: "Name the file relative to the artifact root, with / between folders.",
  });
}

/** Percent signs resolved once; what is not an escape stays. */
function decodedOnce(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function checkForm(path: string, original: string): void {
  if (/[\p{Cc}\p{Cs}]/u.test(path)) refuse(original, "no control characters");
  if (path.includes("\\")) refuse(original, "no backslashes");
  if (path.startsWith("/") || /^[a-z]:/i.test(path) || /^[a-z][a-z0-9+.-]*:\//i.test(path)) {
    refuse(original, "a relative path");
  }
  if (path.split("/").some((part) => part === ".." || part === ".")) refuse(original, "no . and no ..");
  if (path.includes("//")) refuse(original, "no empty folder names");
  if (path.includes("#")) refuse(original, "no #");
}

/**
 * A path of an artifact as a key of the ledger; "" is the top folder. Nothing of it is ever a path on
 * Pawl's disk, but clients write files by it on theirs: so `..`, absolute paths, drives, URIs, backslashes
 * and control characters are refused, also when they hide under any number of percent encodings.
 */
export function safePath(path: string): string {
  if (path.length > longest) refuse(path, `at most ${longest} characters`);
  let decoded = path;
  for (let round = 0; ; round += 1) {
    checkForm(decoded, path);
    const next = decodedOnce(decoded);
    if (next === decoded) break;
    if (round === patience) refuse(path, "at most a few percent encodings");
    decoded = next;
  }
  return path.replace(/\/$/, "");
}

/** The path of a request below a prefix, its percent encoding resolved once as HTTP means it. */
export function pathBelow(requestPath: string, prefix: string): string {
  const encoded = requestPath.slice(prefix.length);
  try {
    return safePath(decodeURIComponent(encoded));
  } catch (thrown) {
    if (thrown instanceof URIError) return refuse(encoded, "UTF-8 in percent encoding");
    throw thrown;
  }
}
