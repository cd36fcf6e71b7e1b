import type { JsonObject, Micros, Page, PageRequest } from "./words.ts";

export type DeploymentRole = "champion" | "challenger" | "shadow" | "canary";

/** A model version at work under a deployment's name, from one moment to another. */
export interface Deployment {
  /** 32 hex digits. */
  readonly id: string;
  /** What callers ask for: "is_late". */
  readonly name: string;
  readonly role: DeploymentRole;
  readonly model: string;
  readonly version: number;
  /** Address or table it answers at. */
  readonly endpoint?: string;
  /** Hash of the licence it serves under. */
  readonly licence?: string;
  /** Share of traffic and other settings. */
  readonly settings: JsonObject;
  readonly since: Micros;
  readonly until?: Micros;
}

export interface NewDeployment {
  readonly name: string;
  readonly role: DeploymentRole;
  readonly model: string;
  readonly version: number;
  readonly endpoint?: string;
  readonly licence?: string;
  readonly settings?: JsonObject;
}

export interface DeploymentQuery extends PageRequest {
  readonly name?: string;
  readonly model?: string;
  readonly version?: number;
  readonly role?: DeploymentRole;
  /** At work at this moment; "ever" for the whole history; now when left out. */
  readonly at?: Micros | "ever";
}

export interface Deployments {
  /**
   * Puts a version to work. A name has one champion: the one before ends at the same moment. Other roles
   * stand side by side; the same version twice in one role is refused with `conflict`.
   */
  start(deployment: NewDeployment): Promise<Deployment>;
  /** Ends it. A deployment that has ended stays as it is. */
  stop(id: string): Promise<Deployment>;
  get(id: string): Promise<Deployment | undefined>;
  champion(name: string): Promise<Deployment | undefined>;
  /** Newest first. Pages of 100 by default, 1,000 at most. */
  list(query?: DeploymentQuery): Promise<Page<Deployment>>;
}
