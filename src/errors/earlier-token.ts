/** What to do about an authorizing token that is the output of another step. */
export const PASS_SECRET = 'Pass the secret in every step: `${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`.';

/** For an authorizing token of which nothing more is known than that it cannot authorize. */
export const EARLIER_TOKEN_HINT = `It may be the token of an earlier step of this action. ${PASS_SECRET}`;
