/** The token that is requested. */
export type TokenRequest =
  | {
      readonly kind: 'stored';
      readonly scopes: readonly string[];
      readonly untilJobEnds: boolean;
      /** The text before the marker, as the workflow wrote it. */
      readonly note: string;
      readonly allowedUrls: readonly string[];
    }
  | { readonly kind: 'temporary'; readonly scopes: readonly string[]; readonly seconds: number };
