/** The token that is asked for. */
export type TokenRequest =
  | {
      readonly kind: 'stored';
      readonly scopes: readonly string[];
      readonly untilJobEnds: boolean;
      /** As the workflow wrote it, without the mark. */
      readonly note: string;
      readonly allowedUrls: readonly string[];
    }
  | { readonly kind: 'temporary'; readonly scopes: readonly string[]; readonly seconds: number };
