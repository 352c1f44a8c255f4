/**
 * A local action for the workflow that tests the actions. Its step saves the list of tokens on the stand-in's account.
 * Its post step, which runs after the post steps of all later steps, fails if the list has changed.
 */
import { appendFileSync } from 'node:fs';

const input = (name: string) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';

const url = new URL('/tokens/v2/octo', input('url'));
url.searchParams.set('access_token', input('authorizing-token'));
const response = await fetch(url);
if (!response.ok) throw new Error(`The stand-in responded with ${response.status}`);
const tokens: { id: string; note: string | null }[] = JSON.parse(await response.text());
const ids = tokens.map(({ id }) => id).join(' ');

const before = process.env['STATE_tokens'];
if (before === undefined) {
  appendFileSync(process.env['GITHUB_STATE'] ?? '', `tokens=${ids}\n`);
  console.log(`The account has ${tokens.length} tokens.`);
} else if (ids === before) {
  console.log(`The account is unchanged: ${tokens.length} tokens.`);
} else {
  for (const { id, note } of tokens) console.log(`${id} ${note}`);
  console.log('::error title=Something was left behind::The account does not have the tokens it had before.');
  process.exitCode = 1;
}
