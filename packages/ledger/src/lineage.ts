/** One thing in the lineage. */
export interface LineageNode {
  /** "definition", "dataset", "run", "logged-model", "model-version", "deployment", or another word. */
  readonly kind: string;
  /** Hash of a definition or dataset, id of a run, logged model or deployment, "name@version" of a model version. */
  readonly id: string;
}

export interface LineageEdge {
  /** What it came from. */
  readonly from: LineageNode;
  readonly to: LineageNode;
  /** "defines", "fills", "trains", "yields", "registers", "serves", or another word. */
  readonly relation: string;
}

/** A node as a person knows it. */
export interface LineagePlace extends LineageNode {
  /** How many steps from the start. */
  readonly distance: number;
  /** A name to show: "feature delay_mean_3h v1". The id when the ledger knows no better. */
  readonly label: string;
}

export interface LineageGraph {
  /** Nearest first; the start is not among them. */
  readonly nodes: readonly LineagePlace[];
  /** Edges between the start and these nodes, and among them. */
  readonly edges: readonly LineageEdge[];
}

export interface LineageOptions {
  /** How many steps at most; all by default. */
  readonly depth?: number;
}

/** What came from what: source → feature → view → dataset → run → model → deployment. */
export interface Lineage {
  /** Everything it was made from. */
  upstream(node: LineageNode, options?: LineageOptions): Promise<LineageGraph>;
  /** Everything made from it. */
  downstream(node: LineageNode, options?: LineageOptions): Promise<LineageGraph>;
  /** Adds an edge the ledger cannot know by itself. A cycle is refused with `conflict`. */
  link(edge: LineageEdge): Promise<void>;
  /** Takes such an edge away again. Edges that follow from what happened are kept: `conflict`. */
  unlink(edge: LineageEdge): Promise<void>;
}
