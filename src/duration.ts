/** One hour in seconds. A temporary token may expire "no more than one hour" ahead [Mapbox, Tokens API]. */
export const HOUR = 3600;

/** Seconds by unit name. */
const UNITS = new Map<string, number>([
  ...['s', 'sec', 'secs', 'second', 'seconds'].map(name => [name, 1] as const),
  ...['m', 'min', 'mins', 'minute', 'minutes'].map(name => [name, 60] as const),
  ...['h', 'hr', 'hrs', 'hour', 'hours'].map(name => [name, HOUR] as const),
]);

/** Only ages can be given in days: no step may take that long. */
const AGE_UNITS = new Map([...UNITS, ...['d', 'day', 'days'].map(name => [name, 24 * HOUR] as const)]);

/**
 * Whole seconds of a duration such as `20m`, `45 min`, `900s` or `1h 30m`, rounded down; `undefined` if the text is not
 * a duration. A number without a unit is not a duration: `20` is ambiguous.
 */
export function parseDuration(input: string): number | undefined {
  return parse(input, UNITS);
}

/** Whole seconds of an age such as `7d`, `36h` or `1d 12h`; otherwise like {@link parseDuration}. */
export function parseAge(input: string): number | undefined {
  return parse(input, AGE_UNITS);
}

/** Longer texts are mistakes and are not parsed. */
const MAX_LENGTH = 1000;

function parse(input: string, units: ReadonlyMap<string, number>): number | undefined {
  const text = input.trim();
  if (text === '' || text.length > MAX_LENGTH) return undefined;
  // Sticky, so that no match is attempted from every digit of a long number.
  const part = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/iy;
  let seconds = 0;
  while (part.lastIndex < text.length) {
    const [, amount, unit = ''] = part.exec(text) ?? [];
    const size = units.get(unit.toLowerCase());
    if (size === undefined) return undefined;
    seconds += Number(amount) * size;
  }
  return Math.floor(seconds + 1e-9);
}

/** Formats milliseconds for messages: `0.8 s`, `12 s`, `5 min`, `1 h 30 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${Math.max(Number(seconds.toFixed(1)), 0.1)} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
