/** The links of a `Link` header. */
export interface Links {
  /** The URI reference of the first link with the relation, as written; `undefined` if there is none. */
  readonly target: string | undefined;
  /** Whether the whole header could be parsed. If not, a missing link may be in the part that could not be parsed. */
  readonly complete: boolean;
}

/** Finds the target of a relation in a `Link` header [RFC 8288, section 3 and appendix B.2]. */
export function findLink(header: string, relation: string): Links {
  let rest = header;
  for (;;) {
    const [separator = ''] = /^[\s,]*/.exec(rest) ?? [];
    rest = rest.slice(separator.length);
    const start = /^<([^>]*)>/.exec(rest);
    if (start === null) return { target: undefined, complete: rest === '' };
    const [matched, target] = start;
    const { parameters, end } = parseParameters(rest.slice(matched.length));
    if (isRelated(parameters, relation)) return { target, complete: true };
    if (end !== '' && !end.startsWith(',')) return { target: undefined, complete: false };
    rest = end;
  }
}

/** Only the first `rel` counts. A link with an `anchor` does not describe the page. */
function isRelated(parameters: readonly Parameter[], relation: string): boolean {
  const relations =
    parameters
      .find(({ name }) => name === 'rel')
      ?.value.toLowerCase()
      .split(/\s+/) ?? [];
  return relations.includes(relation) && !parameters.some(({ name }) => name === 'anchor');
}

interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** A parameter: `;name=value` or `;name="value"`, in which a backslash escapes the next character. */
const PARAMETER = /^\s*;\s*(?:([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*)?/s;

function parseParameters(text: string): { parameters: readonly Parameter[]; end: string } {
  const parameters: Parameter[] = [];
  let end = text;
  for (let match = PARAMETER.exec(end); match !== null; match = PARAMETER.exec(end)) {
    const [matched, name, quoted, plain = ''] = match;
    if (name !== undefined)
      parameters.push({ name: name.toLowerCase(), value: quoted?.replace(/\\(.)/gs, '$1') ?? plain });
    end = end.slice(matched.length);
  }
  return { parameters, end: end.trimStart() };
}
