/**
 * A local action of the workflow that tries the action itself. Its step notes which tokens the account of the stand-in
 * has; its post step, which runs after the post steps of all steps behind it, fails unless they are the same.
 */
import { appendFileSync } from 'node:fs';

const input = (name: string) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';

const url = new URL('/tokens/v2/octo', input('url'));
url.searchParams.set('access_token', input('authorizing-token'));
const answer = await fetch(url);
if (!answer.ok) throw new Error(`The stand-in answered ${answer.status}`);
const tokens: { id: string; note: string | null }[] = JSON.parse(await answer.text());
const ids = tokens.map(({ id }) => id).join(' ');

const before = process.env['STATE_tokens'];
if (before === undefined) {
  appendFileSync(process.env['GITHUB_STATE'] ?? '', `tokens=${ids}\n`);
  console.log(`The account has ${tokens.length} tokens.`);
} else if (ids === before) {
  console.log(`The account is as it was: ${tokens.length} tokens.`);
} else {
  for (const { id, note } of tokens) console.log(`${id} ${note}`);
  console.log('::error title=Something was left behind::The account does not have the tokens it had before.');
  process.exitCode = 1;
}
