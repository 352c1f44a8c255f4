import { describe, expect, it } from 'vitest';
import { parseScopes, suggestScope } from '../../../src/inputs/scopes.ts';
import { knownScopes } from '../../../src/mapbox/scopes.ts';
import { parseInput } from '../../support/inputs.ts';
import fc from '../../support/random.ts';
import { tokenText } from '../../support/tokens.ts';

const parse = (input: string) => parseInput(problems => parseScopes(input, problems));

describe('scopes are accepted', () => {
  it.each([
    ['tilesets:write', ['tilesets:write']],
    ['tilesets:write tilesets:read', ['tilesets:write', 'tilesets:read']],
    ['tilesets:write,tilesets:read', ['tilesets:write', 'tilesets:read']],
    [' tilesets:write , tilesets:read ,', ['tilesets:write', 'tilesets:read']],
    ['tilesets:write\r\ntilesets:read\rstyles:read\n', ['tilesets:write', 'tilesets:read', 'styles:read']],
    ['tilesets:write # the release\n# styles:read\nstyles:list#finds', ['tilesets:write', 'styles:list']],
    ['styles:read tilesets:read styles:read', ['styles:read', 'tilesets:read']],
  ])('from %j', (input, scopes) => {
    expect(parse(input)).toMatchObject({ value: { scopes, warnings: [] }, title: undefined });
  });

  it.each([
    ['TILESETS:WRITE', ['tilesets:write']],
    ['Tilesets:Read tilesets:READ', ['tilesets:read']],
    ['USER-FEEDBACK:READ', ['user-feedback:read']],
    ['DOWNLOADS:READ, styles:read', ['downloads:read', 'styles:read']],
  ])('in lower case from %j, as the console prints them', (input, scopes) => {
    expect(parse(input)).toMatchObject({ value: { scopes, warnings: [] }, title: undefined });
  });

  it.each([
    ['=maps:read', ['maps:read']],
    ['=tileset:write', ['tileset:write']],
    ['=Maps:Read', ['Maps:Read']],
    ['=essentials', ['essentials']],
    ['=styles:read:all', ['styles:read:all']],
    ['=gizmos:*', ['gizmos:*']],
    ['=a=b', ['a=b']],
    ['=styles:read styles:read', ['styles:read']],
    [`=${'a'.repeat(100)}`, ['a'.repeat(100)]],
  ])('unchanged and without a warning from %j', (input, scopes) => {
    expect(parse(input)).toMatchObject({ value: { scopes, warnings: [] }, title: undefined });
  });

  it('with one warning that names the unknown ones, and how to suppress it', () => {
    const { value, title } = parse('gizmos:polish tilesets:read Gizmos:Polish gizmos:paint =gizmos:sell');
    expect(title).toBeUndefined();
    expect(value?.scopes).toEqual(['gizmos:polish', 'tilesets:read', 'gizmos:paint', 'gizmos:sell']);
    expect(value?.warnings).toEqual([
      "`gizmos:polish`, `gizmos:paint` are not in this action's list of Mapbox scopes. Mapbox decides whether they exist. " +
        'To turn off this warning, write `=gizmos:polish`, `=gizmos:paint`.',
    ]);
  });

  it('with a warning that names the only unknown one', () => {
    expect(parse('gizmos:polish').value?.warnings).toEqual([
      "`gizmos:polish` is not in this action's list of Mapbox scopes. Mapbox decides whether it exists. To turn off this warning, write `=gizmos:polish`.",
    ]);
  });

  it('with a warning that shows nothing that may be secret', () => {
    const hex = 'a0'.repeat(16);
    expect(parse(`gizmos:${hex}`).value?.warnings).toEqual([
      expect.stringMatching(/^`gizmos:\*\*\*` is not in .*`=gizmos:\*\*\*`\.$/),
    ]);
  });

  it.each(['tokens:write', 'TOKENS:WRITE', '=tokens:write', '=Tokens:Write'])(
    'with a warning that the token can create more tokens, from %s',
    input => {
      const { value, title } = parse(`styles:read ${input}`);
      expect(title).toBeUndefined();
      expect(value?.warnings).toEqual([expect.stringMatching(/`tokens:write`.*can create more tokens/)]);
    },
  );

  it('without that warning if they only read tokens', () => {
    expect(parse('tokens:read').value?.warnings).toEqual([]);
  });
});

describe('scopes stop the step', () => {
  it.each(['', ' \n ', ',', '# tilesets:read'])('if they are empty: %j', input => {
    expect(parse(input)).toMatchObject({
      value: undefined,
      title: 'Invalid scopes',
      message: expect.stringContaining('`scopes` is empty'),
    });
  });

  it.each([
    ['tileset:write', 'tilesets:write', '=tileset:write'],
    ['TILESET:WRITE', 'tilesets:write', '=TILESET:WRITE'],
    ['tilesets_write', 'tilesets:write', '=tilesets_write'],
    ['tilesets.read', 'tilesets:read', '=tilesets.read'],
    ['"tilesets:read"', 'tilesets:read', '="tilesets:read"'],
    ['maps:read', 'map:read', '=maps:read'],
  ])('at %s: the error suggests a scope, and how to send the word anyway', (word, meant, way) => {
    expect(parse(word)).toMatchObject({
      value: undefined,
      title: 'Invalid scopes',
      message: `\`scopes\` has \`${word}\`, which is not a known Mapbox scope. Did you mean \`${meant}\`? If Mapbox has such a scope, write \`${way}\`.`,
    });
  });

  it.each(['everything', '*', '-', 'tilesets', '{}', '\u212aokens'])('at %s, which is not a scope', word => {
    const { title, message } = parse(word);
    expect(title).toBe('Invalid scopes');
    expect(message).toMatch(/which is not a scope: .*such as `styles:read`\.$/);
    expect(message).toContain(`\`${word}\``);
  });

  it.each(['gizmos:*', 'styles:read:all', ':read', 'gizmos:'])(
    'at %s, with the way to send it anyway',
    word => {
      expect(parse(word)).toMatchObject({
        title: 'Invalid scopes',
        message: expect.stringContaining(
          `which is not a scope: a scope is two words with a colon between them, such as \`styles:read\`. If Mapbox has such a scope, write \`=${word}\`.`,
        ),
      });
    },
  );

  it.each(['=', '=\u0000', '=styles:\u200bread', '=styles:\ud800', `=${'a'.repeat(101)}`])(
    'at %j, which cannot be a scope of any service',
    word => {
      expect(parse(word)).toMatchObject({
        value: undefined,
        title: 'Invalid scopes',
        message: expect.stringContaining('which cannot be a scope'),
      });
    },
  );

  it('at each wrong one, once, and none is accepted', () => {
    const { value, message } = parse('tileset:write nonsense styles:read nonsense');
    expect(value).toBeUndefined();
    expect(message.split('\n')).toEqual([
      expect.stringContaining('`tileset:write`'),
      expect.stringContaining('`nonsense`'),
    ]);
  });

  it('at many wrong ones, of which it names twenty', () => {
    const words = Array.from({ length: 16_000 }, (_, n) => `zz${n}`);
    const lines = parse(['styles:read', ...words, ...words].join(' ')).message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[19]).toContain('`zz19`');
    expect(lines[20]).toBe('- `scopes` has further words that are not known scopes: 15980.');
  });

  it('at twenty wrong ones, and names all', () => {
    const words = Array.from({ length: 20 }, (_, n) => `zz${n}`);
    expect(parse([...words, 'gizmos:polish'].join(' ')).message.split('\n')).toHaveLength(20);
  });

  it('at a typo among the first twenty unknown ones; a later one gets a warning', () => {
    const others = (length: number) => Array.from({ length }, (_, n) => `gizmos:polish-${n}`);
    expect(parse([...others(19), 'tileset:write'].join(' ')).title).toBe('Invalid scopes');
    expect(parse([...others(20), 'tileset:write'].join(' ')).value?.warnings[0]).toContain('`tileset:write`');
  });

  it('at a token, which is not quoted', () => {
    const rest = tokenText('sk').slice(3);
    for (const token of [tokenText('sk'), tokenText('sk').slice(0, 30), `=${tokenText('tk')}`, `=${rest}`]) {
      const { title, message } = parse(token);
      expect(title).toBe('Invalid scopes');
      expect(message).toContain('a token in it');
      expect(message).not.toContain('eyJ');
    }
  });

  it('at a long word, which is cut', () => {
    expect(parse('x'.repeat(5000)).message).toContain(`\`${'x'.repeat(40)}…\``);
  });
});

describe('the suggested scope', () => {
  it.each([
    ['an insertion', 'tilessets:write', 'tilesets:write'],
    ['a deletion', 'tilsets:write', 'tilesets:write'],
    ['a replacement', 'tilezets:write', 'tilesets:write'],
    ['two of them', 'tilezet:write', 'tilesets:write'],
    ['a swap of neighbours', 'tielsets:write', 'tilesets:write'],
    // Three or four other changes: only as swaps are they near.
    ['two swaps of neighbours', 'itlesets:wrtie', 'tilesets:write'],
    ['a swap and a deletion', 'tielsets:wrte', 'tilesets:write'],
    ['a swap at the beginning and one at the end', 'otkens:wriet', 'tokens:write'],
    ['another separator', 'user_feedback-read', 'user-feedback:read'],
    ['two swaps', 'tilesest:raed', 'tilesets:read'],
    ['other separators, however many', '--user__feedback::read', 'user-feedback:read'],
    ['as many as make 40 characters', `styles${'-'.repeat(30)}read`, 'styles:read'],
  ])('is found by %s', (_, scope, meant) => {
    expect(suggestScope(scope)).toBe(meant);
  });

  it.each([
    ['stypes:list', 'styles:list', 'scopes:list'],
    ['atles:read', 'atlas:read', 'styles:read'],
  ])('is the nearest: of %s %s, not the earlier %s', (scope, meant, first) => {
    expect(distance(scope, first)).toBe(2);
    expect(suggestScope(scope)).toBe(meant);
  });

  it('is the first within two insertions, deletions, replacements or swaps', () => {
    const letter = fc.constantFrom(...'abcdeilorstw:-');
    const edit = fc.tuple(fc.constantFrom('insert', 'delete', 'replace', 'swap'), fc.nat(20), letter);
    const known = fc.constantFrom(...knownScopes.keys());
    fc.assert(
      fc.property(known, fc.array(edit, { maxLength: 4 }), (scope, edits) => {
        const word = edits.reduce(change, scope);
        const near = [...knownScopes.keys()].map(name => ({ name, distance: nearness(word, name) }));
        const least = Math.min(...near.map(({ distance }) => distance));
        const expected = least <= 2 ? near.find(({ distance }) => distance === least)?.name : undefined;
        expect(suggestScope(word), word).toBe(expected);
      }),
      { numRuns: 80 },
    );
  });

  it.each([
    'gizmos:polish',
    'tlests:wrt',
    // Three changes, and what half looks like a swap is two of them.
    'tilezets:rxite',
    'tilezets:xwite',
    'tokens:destroy',
    `styles${'-'.repeat(31)}read`,
  ])('is missing for %s', scope => {
    expect(suggestScope(scope)).toBeUndefined();
  });
});

function change(word: string, [kind, at, letter]: readonly [string, number, string]): string {
  const i = Math.min(at, word.length - 1);
  const [before, here, next, after] = [
    word.slice(0, i),
    word.charAt(i),
    word.charAt(i + 1),
    word.slice(i + 2),
  ];
  switch (kind) {
    case 'insert':
      return before + letter + here + next + after;
    case 'delete':
      return before + next + after;
    case 'replace':
      return before + letter + next + after;
    default:
      return before + next + here + after;
  }
}

function nearness(word: string, scope: string): number {
  const letters = (text: string) => text.match(/[a-z0-9]/g)?.join('');
  if (letters(word) === letters(scope)) return 0;
  // No two changes make up for more letters.
  return Math.abs(word.length - scope.length) > 2 ? 3 : distance(word, scope);
}

/** The recursive definition of the edit distance, from the ends of the words. */
function distance(a: string, b: string, known = new Map<string, number>()): number {
  if (a === '' || b === '') return a.length + b.length;
  const key = `${a.length} ${b.length}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const [shortA, shortB] = [a.slice(0, -1), b.slice(0, -1)];
  const ways = [
    distance(shortA, b, known) + 1,
    distance(a, shortB, known) + 1,
    distance(shortA, shortB, known) + (a.at(-1) === b.at(-1) ? 0 : 1),
  ];
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)) {
    ways.push(distance(a.slice(0, -2), b.slice(0, -2), known) + 1);
  }
  const least = Math.min(...ways);
  known.set(key, least);
  return least;
}
