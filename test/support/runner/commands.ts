/** The commands in a process's output [actions/runner: ActionCommand.cs, ActionCommandManager.cs]. */

export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const KNOWN = new Set([
  'add-mask',
  'debug',
  'notice',
  'warning',
  'error',
  'group',
  'endgroup',
  'echo',
  'stop-commands',
  'add-matcher',
  'remove-matcher',
  'set-env',
  'add-path',
  'set-output',
  'save-state',
]);

/** The command in a line: `::name key=value::data` at its start, or the old `##[name key=value;]data` anywhere. */
export function readCommand(line: string): Command | undefined {
  const modern = /^\s*::([^\s:]+)(?:\s+(.*?))?::(.*)$/s.exec(line);
  if (modern !== null) return command(modern, ',', unescapeModern);
  const old = /##\[([^\s\]]+)(?:\s+([^\]]*))?\](.*)$/s.exec(line);
  return old === null ? undefined : command(old, ';', unescapeOld);
}

type Unescape = (text: string, property: boolean) => string;

function command(
  [, name = '', properties = '', data = '']: RegExpExecArray,
  separator: string,
  plainly: Unescape,
): Command | undefined {
  if (!KNOWN.has(name.toLowerCase())) return undefined;
  const pairs = properties.split(separator).flatMap(pair => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), plainly(pair.slice(at + 1), true)] as const];
  });
  return { name: name.toLowerCase(), properties: Object.fromEntries(pairs), data: plainly(data, false) };
}

const unescapeModern: Unescape = (text, property) => {
  const lines = text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
  const inner = property ? lines.replaceAll('%3A', ':').replaceAll('%2C', ',') : lines;
  return inner.replaceAll('%25', '%');
};

const unescapeOld: Unescape = text =>
  text.replaceAll('%3B', ';').replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%5D', ']');
