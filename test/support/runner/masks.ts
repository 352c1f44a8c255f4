/** What the runner hides in a log, and in which forms [HostContext.cs, ValueEncoders.cs, SecretMasker.cs]. */

const HIDDEN = '***';

/** The texts that a job's log must not show. Earlier lines stay as they were. */
export class Masks {
  readonly #values: string[] = [];
  readonly #forms = new Set<string>();

  /** The requested masks in order, without the forms derived from them. */
  get values(): readonly string[] {
    return this.#values;
  }

  /** Hides a text from now on, and every line of a multi-line text as well [AddMaskCommandExtension]. */
  add(value: string): void {
    if (value.trim() === '') return;
    this.#values.push(value);
    const lines = value.split(/[\r\n]+/).filter(line => line !== '');
    for (const form of [value, ...lines].flatMap(formsOf)) this.#forms.add(form);
  }

  /** Whether a text contains something to hide. */
  touches(text: string): boolean {
    return this.#ranges(text).length > 0;
  }

  /** The text with each hidden part as `***`; overlapping or adjacent parts become one. */
  hide(text: string): string {
    let shown = '';
    let at = 0;
    for (const [start, end] of this.#ranges(text)) {
      shown += text.slice(at, start) + HIDDEN;
      at = end;
    }
    return shown + text.slice(at);
  }

  /** The positions of a text's hidden parts, in order. */
  #ranges(text: string): [start: number, end: number][] {
    const found: [number, number][] = [];
    for (const form of this.#forms) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1))
        found.push([at, at + form.length]);
    }
    const ranges: [number, number][] = [];
    for (const [start, end] of found.sort(([a], [b]) => a - b)) {
      const last = ranges.at(-1);
      if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
      else ranges.push([start, end]);
    }
    return ranges;
  }
}

/**
 * The value and the forms that the runner derives from it. Nothing else is hidden: no unpadded base64, no base64url.
 */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    // Its encodings after a multiple of three bytes, one less and two less, with padding.
    ...[0, 1, 2].map(shift => (bytes.length > shift ? bytes.subarray(shift) : bytes).toString('base64')),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    value.replace(/[&<>"']/g, character => XML[character] ?? character),
    value.length > 8 && /^".*"$/s.test(value) ? value.slice(1, -1) : '',
    ...powerShellParts(value),
  ].filter(form => form !== '');
}

const XML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * PowerShell prints an invalid command in two parts, split at an ampersand; after `&+` it colors the next character.
 */
function powerShellParts(value: string): string[] {
  const coloured = value.indexOf('&+');
  const last = value.lastIndexOf('&');
  if (last < 0) return [];
  const parts =
    coloured >= 0
      ? [value.slice(0, coloured + 2), value.slice(coloured + 3)]
      : [value.slice(0, last + 1), value.slice(last + 1)];
  return parts.filter(part => part.length >= 6);
}
