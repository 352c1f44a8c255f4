/**
 * Every entry imports this first. It stops the step if Node.js is too old, and reports errors while the step's modules
 * load: Node.js would print the whole error, and with it anything that the module had read, such as a token. `runStep`
 * takes over from here. This module must run on Node.js 18.
 */
import { errorTitles } from '../action-error.ts';
import { isObject, isStrings, isTokenId, parseJson } from '../mapbox/token.ts';
import { sanitize } from '../runner/sanitize.ts';

/** The oldest Node.js that has everything the bundles need (`process.getBuiltinModule`, a current undici). */
const MIN_NODE = [22, 3] as const;

const { node } = process.versions;
const [major = 0, minor = 0] = node.split('.').map(Number);
const isTooOld = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
const isPost = /post\.js$/.test(process.argv[1] ?? '');

process.once('uncaughtException', error => {
  process.exitCode = isPost ? 0 : 1;
  const name = error instanceof Error ? error.name.replace(/\W/g, '') : typeof error;
  const problem = isTooOld
    ? `This step runs on Node.js ${node} but needs 24. \`act\` and similar runners use the \`node\` that comes first on PATH: put Node.js 24 there.`
    : `The action could not be loaded (${name}). Please report it.`;
  if (isPost) {
    process.stdout.write(`${describePost(problem)}\n`);
    return;
  }
  const title = isTooOld ? errorTitles.nodeTooOld : errorTitles.internalError;
  process.stdout.write(`::error title=${title}::${problem}\n`);
  void saveNothing();
});

if (isTooOld) throw new Error(errorTitles.nodeTooOld);

/** Saves an empty state, so that the post step does not read an inherited variable instead. */
async function saveNothing(): Promise<void> {
  const file = process.env['GITHUB_STATE'];
  if (!file) return;
  const { appendFile } = await import(/* webpackIgnore: true */ 'node:fs/promises');
  await appendFile(file, 'cleanup=\n').catch(() => {});
}

/**
 * Describes what the post step leaves undone, as a warning; only the problem, as a plain line, if there was nothing to
 * do. The saved state is only described, so just the parts that are printed are checked.
 */
function describePost(problem: string): string {
  const state = parseJson(process.env['STATE_cleanup'] ?? '');
  const find = (...path: readonly string[]) =>
    path.reduce((value, name) => (isObject(value) ? value[name] : undefined), state);
  const findText = (isValid: (text: string) => boolean, ...path: readonly string[]) => {
    const value = find(...path);
    return typeof value === 'string' && isValid(value) ? value : undefined;
  };
  const action = find('action');
  if (action !== 'mint' && action !== 'rotation') return problem;
  const page = 'on the Tokens page, https://console.mapbox.com/account/access-tokens/.';
  const undeleted = find('rotation', 'undeleted');
  const leaked = isStrings(undeleted) ? undeleted.filter(isTokenId) : [];
  const created =
    find('cleanup', 'token', 'keep') === false ? findText(isTokenId, 'cleanup', 'token', 'id') : undefined;
  const id = created ?? findText(isTokenId, 'rotation', 'replacement');
  const nonce = findText(text => /^[a-z0-9]{3,8}$/.test(text), 'nonce');
  const note = findText(text => text.length <= 128, 'cleanup', 'note') ?? (nonce && `#${nonce}`);
  const which = `${id === undefined ? 'A token' : `The token ${id}`}${note === undefined ? '' : ` with the note "${sanitize(note)}"`}`;
  const text =
    leaked.length > 0
      ? `These leaked tokens are still alive: ${leaked.join(', ')}. ${problem} Delete them ${page}`
      : action === 'rotation'
        ? `${which} may or may not be in a secret. ${problem} Do not delete it by hand. Start a new run (not a re-run): the next rotation finds out.`
        : `${which} may still be alive. ${problem} Delete the token ${page} The job's result is not affected.`;
  return `::warning title=Mapbox token::${text.replace(/%/g, '%25').replace(/[\r\n]/g, ' ')}`;
}
