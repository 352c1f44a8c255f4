import { ActionError, codeList, errorTitles } from '../action-error.ts';
import { missingScopes } from '../inputs/authorizing-token.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { apiError } from '../mapbox/errors.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { isNotFound } from '../mapbox/response.ts';
import { findTokens } from '../mapbox/tokens.ts';
import { findOrphans, findSuccessor } from './chain.ts';
import { askAboutOrphans } from './deletions.ts';
import { protectedIdOf } from './inputs.ts';
import { lookUpPlaces } from './lookup.ts';
import { describePlace, placeTag } from './places.ts';
import { type Facts, findToken, type Rotation } from './rotation.ts';

/**
 * Lists the account's tokens and looks at every place. Nothing is changed.
 *
 * @throws {ActionError} where the token or a place is not found, or the secret got another token than this run has.
 */
export async function gatherFacts(rotation: Rotation): Promise<Facts> {
  const { context, inputs, github, account, options } = rotation;
  const search = await findTokens(account, options, () => true);
  if (search.kind !== 'found') {
    throw isNotFound(search)
      ? new ActionError(
          errorTitles.notFound,
          `Mapbox responded with 404 Not Found to the list of tokens: the authorizing token lacks \`tokens:read\`. Create one with \`tokens:read\`, \`tokens:write\` and every scope of the token to rotate on ${TOKENS_PAGE}, and save it in the secret.`,
        )
      : await listError(rotation, search);
  }
  const current = findToken(search.tokens, inputs.token.id);
  if (current === undefined) throw notListedError(rotation);
  checkScopes(rotation, search.tokens, current);
  const protectedId = protectedIdOf(inputs);
  const tagged = {
    current,
    tokens: search.tokens,
    places: inputs.places.map(place => ({ tag: placeTag(place) })),
  };
  const reasonToKeepOrphan = await askAboutOrphans(rotation, findOrphans(tagged, { protectedId }));
  const places = await lookUpPlaces(github, inputs.places, options);
  const now = search.serverDate?.getTime() ?? context.clock.now();
  const facts = { current, tokens: search.tokens, places, now, reasonToKeepOrphan };
  const successor = findSuccessor(facts);
  if (successor !== undefined) throw outdatedError(facts, successor);
  return facts;
}

/** Where the token to rotate is its own authorizing token, one that was deleted cannot even list the account's. */
async function listError(
  { account, options, inputs: { isSeparate } }: Rotation,
  failure: Parameters<typeof apiError>[0],
): Promise<ActionError> {
  const { title, message } = await apiError(failure, [], account, options);
  const isOutdated = title === errorTitles.unauthorized && !isSeparate;
  return new ActionError(title, isOutdated ? `${message} ${OLD_RUN}` : message);
}

const OLD_RUN =
  "A run has the secret's value of the moment when the run was created, and a re-run that of its first attempt: " +
  'if this run is older than the last rotation, start a new run.';

function notListedError({ inputs: { token } }: Rotation): ActionError {
  return new ActionError(
    errorTitles.rotatedTokenNotFound,
    `The account ${token.username} has no token ${token.id}, which \`token\` holds: it was deleted. ${OLD_RUN} ` +
      `Otherwise create a token by hand on ${TOKENS_PAGE} and save it in the secret.`,
  );
}

function checkScopes(
  { inputs: { authorizingToken } }: Rotation,
  tokens: readonly ListedToken[],
  { id, scopes }: ListedToken,
): void {
  const needed = [...new Set(['tokens:read', 'tokens:write', ...scopes])];
  const held = findToken(tokens, authorizingToken.id)?.scopes;
  const missing =
    held === undefined
      ? missingScopes(authorizingToken, needed)
      : needed.filter(scope => !held.includes(scope));
  if (missing.length === 0) return;
  throw new ActionError(
    errorTitles.authorizingTokenMissingScopes,
    `The authorizing token lacks ${codeList(missing)}. To replace the token ${id} it needs \`tokens:read\`, \`tokens:write\` and every scope of that token. ` +
      `Create one that has them all on ${TOKENS_PAGE}, and pass it as \`authorizing-token\`.`,
  );
}

function outdatedError({ current, places }: Facts, successor: ListedToken): ActionError {
  return new ActionError(
    errorTitles.secretOutdated,
    `This run has the token ${current.id}, but ${places.map(({ place }) => describePlace(place)).join(', ')} got its replacement, ${successor.id}. Nothing was created or deleted. There are three possible reasons:\n` +
      "- The run is older than the secret's value: a run has the value of the moment when it was created, and a re-run that of its first attempt. Start a new run.\n" +
      "- `secrets.NAME` reads another place than the one named here: an environment's secret hides a repository's, and that hides an organization's. Correct `environment`, `organization` or `repositories`.\n" +
      `- Someone put the old token back. Create a new token by hand on ${TOKENS_PAGE}, save it in every place, and delete ${current.id} and ${successor.id}.`,
  );
}
