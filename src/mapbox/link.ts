/**
 * Finds the target of a relation in a `Link` header [RFC 8288, section 3 and appendix B.2].
 *
 * @returns the URI reference as written, `undefined` where no link has the relation.
 */
export function findLink(header: string, relation: string): string | undefined {
  let rest = header;
  for (;;) {
    const start = /^[\s,]*<([^>]*)>/.exec(rest);
    if (start === null) return undefined;
    const [matched, target] = start;
    const { parameters, end } = parseParameters(rest.slice(matched.length));
    const relations =
      parameters
        .find(([name]) => name === 'rel')?.[1]
        .toLowerCase()
        .split(/\s+/) ?? [];
    // A link with an anchor is about something else than the page.
    if (relations.includes(relation) && !parameters.some(([name]) => name === 'anchor')) return target;
    rest = end;
  }
}

/** A parameter: `;name=value` or `;name="value"`, in which a backslash quotes the next character. */
const PARAMETER = /^\s*;\s*(?:([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*)?/s;

function parseParameters(text: string): { parameters: [string, string][]; end: string } {
  const parameters: [string, string][] = [];
  let end = text;
  for (let match = PARAMETER.exec(end); match !== null; match = PARAMETER.exec(end)) {
    const [matched, name, quoted, plain = ''] = match;
    if (name !== undefined) parameters.push([name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? plain]);
    end = end.slice(matched.length);
  }
  return { parameters, end };
}
