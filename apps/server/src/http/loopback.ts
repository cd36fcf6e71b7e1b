import { isIPv4 } from "node:net";

/** Whether an address or name can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "::1" || name === "[::1]") return true;
  const mapped = name.startsWith("::ffff:") ? name.slice(7) : name;
  return isIPv4(mapped) && mapped.startsWith("127.");
}
