/** The links of a `Link` header. */
export interface Links {
  /** The URI reference of the first link with the relation, as written; `undefined` if there is none. */
  readonly target: string | undefined;
  /**
   * Whether a missing link is certain. If not, it may be in a part that could not be parsed or that was cut off, or a
   * link without a clear relation may be it.
   */
  readonly complete: boolean;
}

/** Finds the target of a relation in a `Link` header [RFC 8288, section 3 and appendix B.2]. */
export function findLink(header: string, relation: string): Links {
  let rest = header;
  let unclear = false;
  for (;;) {
    const [separator = ''] = /^[\s,]*/.exec(rest) ?? [];
    rest = rest.slice(separator.length);
    const start = /^<([^>]*)>/.exec(rest);
    if (start === null) return { target: undefined, complete: rest === '' && !unclear };
    const [matched, target] = start;
    const { parameters, end } = parseParameters(rest.slice(matched.length));
    const relations = relationsOf(parameters);
    const isPages = !parameters.some(({ name }) => name === 'anchor');
    if (isPages && relations.includes(relation)) return { target, complete: true };
    unclear ||= relations.some(word => relation.startsWith(word));
    if (end !== '' && !end.startsWith(',')) return { target: undefined, complete: false };
    rest = end;
  }
}

/** Only the first `rel` counts. Without one, the relation is empty, as in a header that was cut off. */
function relationsOf(parameters: readonly Parameter[]): string[] {
  const { value = '' } = parameters.find(({ name }) => name === 'rel') ?? {};
  return value.trim().toLowerCase().split(/\s+/);
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
