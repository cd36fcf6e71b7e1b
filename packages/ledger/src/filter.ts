/** What a comparison looks at. Attributes are the noun's own fields; the rest are looked up by key. */
export interface Field {
  readonly of: "attribute" | "metric" | "param" | "tag" | "dataset";
  readonly key: string;
}

export type Scalar = string | number;

/**
 * One comparison. A thing that lacks the key satisfies only `is-null`: "other than x, or not there at
 * all" is `{ any: [is-null, !=] }`. A metric that is NaN counts as lacking for every comparison, and is
 * present for `is-null`. `like` knows `%` and `_`; `ilike` ignores the case of ASCII letters.
 */
export type Comparison =
  | { readonly field: Field; readonly is: "=" | "!=" | "<" | "<=" | ">" | ">="; readonly value: Scalar }
  | { readonly field: Field; readonly is: "like" | "ilike"; readonly value: string }
  | { readonly field: Field; readonly is: "in" | "not-in"; readonly value: readonly Scalar[] }
  | { readonly field: Field; readonly is: "is-null" | "is-not-null" };

/** A condition as data. Texts of any grammar become this first, and this alone becomes SQL, with bound values. */
export type Filter =
  | Comparison
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter };

/** Missing values and NaN come last in both directions; ties are broken by the noun's natural order. */
export interface Order {
  readonly field: Field;
  readonly descending?: boolean;
}
