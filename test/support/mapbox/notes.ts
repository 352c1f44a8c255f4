/**
 * Notes. Mapbox's OpenAPI description limits them to 128 characters; the unit, and whether a note is stored unchanged,
 * is undocumented.
 */

/** The maximum length of a note, and its unit. `characters` are Unicode code points. */
export interface NoteLimit {
  readonly max: number;
  readonly unit: 'characters' | 'utf-16' | 'bytes';
}

/** The documented limit, which applies unless a test says otherwise. */
export const NOTE_LIMIT: NoteLimit = { max: 128, unit: 'characters' };

export function isNoteTooLong(note: string, { max, unit }: NoteLimit): boolean {
  const length = {
    characters: () => [...note].length,
    'utf-16': () => note.length,
    bytes: () => Buffer.byteLength(note),
  }[unit];
  return length() > max;
}

/** The stored form of a note. */
export type StoreNote = (note: string) => string | null;

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '/': '&#x2F;',
};

/** Ways to store a note changed, for the option `storeNote`. */
export const noteChanges = {
  'cut after 40 characters': note => [...note].slice(0, 40).join(''),
  'not stored': () => null,
  empty: () => '',
  'with a blank at its end': note => `${note} `,
  'without its last character': note => [...note].slice(0, -1).join(''),
  'with single blanks only': note => note.replace(/\s+/g, ' ').trim(),
  'HTML-escaped': note => note.replace(/[&<>"'/]/g, character => htmlEntities[character] ?? ''),
  'percent-encoded': encodeURIComponent,
  'in ASCII only': note => note.replace(/[^ -~]/g, '?'),
} as const satisfies Readonly<Record<string, StoreNote>>;
