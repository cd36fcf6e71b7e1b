import { PawlError, type ErrorCode } from "@pawl/core";

/** Throws when a condition does not hold. */
export function holds(condition: boolean, message: () => string): void {
  if (!condition) throw new Error(message());
}

/** Waits for a refusal and checks its code. */
export async function refuses(code: ErrorCode, attempt: () => unknown, what: string): Promise<void> {
  let thrown: unknown;
  try {
    await attempt();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`${what}: accepted, but must be refused with ${code}`);
  if (thrown instanceof PawlError && thrown.code === code) return;
  const found = thrown instanceof PawlError ? `${thrown.code} (${thrown.message})` : String(thrown);
  throw new Error(`${what}: refused with ${found}, expected ${code}`, { cause: thrown });
}

/** Checks that two lists of numbers are equal, NaN to NaN, or near within `tolerance` · max(1, |b|). */
export function sameNumbers(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  holds(a.length === b.length, () => `${what}: ${a.length} numbers, expected ${b.length}`);
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    if (Object.is(x, y) || x === y) continue;
    const near = Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y));
    holds(near, () => `${what}: ${x} at ${i}, expected ${y} (difference ${Math.abs(x - y)})`);
  }
}
