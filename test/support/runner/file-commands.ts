/** The files through which a process sets outputs, state and variables [FileCommandManager.cs]. */

/** 1 MiB: a longer summary is dropped with an error. */
export const MAX_SUMMARY_BYTES = 1024 * 1024;

export interface Pairs {
  /** The parsed entries; of an invalid file, those before the error. */
  readonly pairs: Readonly<Record<string, string>>;
  /** In the runner's words, if the file is invalid. */
  readonly fault: string | undefined;
}

/** Parses `key=value` lines and `key<<delimiter` blocks. */
export function readPairs(text: string): Pairs {
  const pairs: Record<string, string> = {};
  const lines = process.platform === 'win32' ? text.split(/\r?\n/) : text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      if (name === '' || delimiter === '')
        return {
          pairs,
          fault: `Invalid format '${line}'. Name must not be empty and delimiter must not be empty`,
        };
      const end = lines.indexOf(delimiter, at + 1);
      if (end < 0)
        return {
          pairs,
          fault:
            text.endsWith('\n') || at === lines.length - 1
              ? `Invalid value. Matching delimiter not found '${delimiter}'`
              : 'Invalid value. EOF marker missing new line.',
        };
      pairs[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (equals > 0) {
      pairs[line.slice(0, equals)] = line.slice(equals + 1);
    } else {
      return { pairs, fault: `Invalid format '${line}'` };
    }
  }
  return { pairs, fault: undefined };
}

/** Whether a step may not set this variable for later ones. GITHUB_ and RUNNER_ variables can be set without effect. */
export function isRefused(variable: string): boolean {
  return variable.toUpperCase() === 'NODE_OPTIONS';
}
