/** What the runner hides in a log, and in which forms [actions/runner: HostContext.cs, ValueEncoders.cs]. */

const HIDDEN = '***';

/** The texts that a job's log must not show. Lines are hidden as they pass: what passed before stays as it was. */
export class Masks {
  readonly #values: string[] = [];
  #forms: string[] = [];

  /** What was asked to be hidden, in order, without the forms that follow from it. */
  get values(): readonly string[] {
    return this.#values;
  }

  /** Hides a text from now on; of a text of several lines every line as well [AddMaskCommandExtension]. */
  add(value: string): void {
    if (value.trim() === '') return;
    this.#values.push(value);
    const lines = [value, ...value.split(/\r?\n/)].filter(line => line.trim() !== '');
    const forms = new Set([...this.#forms, ...lines.flatMap(formsOf)]);
    // The longest first, so that a form within another does not leave the other's rest behind.
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  /** Whether a text has something in it that is to be hidden. */
  touches(text: string): boolean {
    return this.#forms.some(form => text.includes(form));
  }

  hide(text: string): string {
    return this.#forms.reduce((shown, form) => shown.replaceAll(form, HIDDEN), text);
  }
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].filter(from => bytes.length > from).map(from => unpadded(bytes.subarray(from)));
  return [
    value,
    ...base64,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    value.replace(/[&<>"']/g, character => XML[character] ?? character),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    value.replace(/^"(.*)"$/s, '$1'),
    // PowerShell cuts a line at an ampersand and shows the parts apart.
    ...(value.includes('&') ? value.split('&').filter(part => part.length >= 6) : []),
  ].filter(form => form !== '');
}

const XML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Without the end that depends on what follows. */
function unpadded(bytes: Buffer): string {
  const whole = bytes.length - (bytes.length % 3);
  return (whole === 0 ? bytes : bytes.subarray(0, whole)).toString('base64');
}
