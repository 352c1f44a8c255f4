/** The files through which a process sets outputs, state and variables [actions/runner: FileCommandManager.cs]. */

/**
 * Reads `key=value` lines and `key<<delimiter` blocks.
 *
 * @throws {Error} in the runner's words where the file does not follow its form.
 */
export function readPairs(text: string): Record<string, string> {
  const pairs: [string, string][] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      if (name === '' || delimiter === '')
        throw new Error(`Invalid format '${line}'. Name and delimiter must not be empty`);
      const end = lines.indexOf(delimiter, at + 1);
      if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs.push([name, lines.slice(at + 1, end).join('\n')]);
      at = end;
    } else if (equals > 0) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return Object.fromEntries(pairs);
}

/** What a step may set for later ones: the runner refuses one name and keeps its own. */
export function allowedVariables(pairs: Readonly<Record<string, string>>): Record<string, string> {
  if (Object.keys(pairs).some(name => name.toUpperCase() === 'NODE_OPTIONS')) {
    throw new Error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
  }
  return Object.fromEntries(
    Object.entries(pairs).filter(([name]) => !/^(?:GITHUB|RUNNER)_/.test(name) && name !== 'CI'),
  );
}
