import { describe, expect, it } from 'vitest';
import { parseScopes, suggestScope } from '../../../src/inputs/scopes.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const parse = (input: string) => parseInput(problems => parseScopes(input, problems));

describe('scopes are taken', () => {
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
  ])('as they are, without a warning, from %j', (input, scopes) => {
    expect(parse(input)).toMatchObject({ value: { scopes, warnings: [] }, title: undefined });
  });

  it('with one warning that names those that no list has, and how to leave it out', () => {
    const { value, title } = parse('gizmos:polish tilesets:read Gizmos:Polish gizmos:paint =gizmos:sell');
    expect(title).toBeUndefined();
    expect(value?.scopes).toEqual(['gizmos:polish', 'tilesets:read', 'gizmos:paint', 'gizmos:sell']);
    expect(value?.warnings).toEqual([
      "`gizmos:polish`, `gizmos:paint` are not in this action's list of Mapbox scopes. Mapbox decides. " +
        'To leave out this warning, write `=gizmos:polish`, `=gizmos:paint`.',
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

  it('without that warning where they only read tokens', () => {
    expect(parse('tokens:read').value?.warnings).toEqual([]);
  });
});

describe('scopes stop the step', () => {
  it.each(['', ' \n ', ',', '# tilesets:read'])('where they are empty: %j', input => {
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
  ])('at %s: the scope that was meant, and the way to send it all the same', (word, meant, way) => {
    expect(parse(word)).toMatchObject({
      value: undefined,
      title: 'Invalid scopes',
      message: `\`scopes\` has \`${word}\`, which is not a known Mapbox scope. Did you mean \`${meant}\`? If Mapbox has such a scope, write \`${way}\`.`,
    });
  });

  it.each(['everything', '*', '-', 'tilesets', '{}', '\u212aokens'])('at %s, which is no scope', word => {
    const { title, message } = parse(word);
    expect(title).toBe('Invalid scopes');
    expect(message).toMatch(/which is not a scope: .*such as `styles:read`\.$/);
    expect(message).toContain(`\`${word}\``);
  });

  it.each(['gizmos:*', 'styles:read:all', ':read', 'gizmos:'])(
    'at %s, with the way to send it all the same',
    word => {
      expect(parse(word)).toMatchObject({
        title: 'Invalid scopes',
        message: expect.stringContaining(
          `which is not a scope: scopes are two words with a colon between them, such as \`styles:read\`. If Mapbox has such a scope, write \`=${word}\`.`,
        ),
      });
    },
  );

  it.each(['=', '=\u0000', '=styles:\u200bread', '=styles:\ud800', `=${'a'.repeat(101)}`])(
    'at %j, which no service could take for a scope',
    word => {
      expect(parse(word)).toMatchObject({
        value: undefined,
        title: 'Invalid scopes',
        message: expect.stringContaining('which cannot be a scope'),
      });
    },
  );

  it('at each that is wrong, once, with none taken', () => {
    const { value, message } = parse('tileset:write nonsense styles:read nonsense');
    expect(value).toBeUndefined();
    expect(message.split('\n')).toEqual([
      expect.stringContaining('`tileset:write`'),
      expect.stringContaining('`nonsense`'),
    ]);
  });

  it('at a token, of which nothing is shown', () => {
    for (const token of [tokenText('sk'), tokenText('sk').slice(0, 30), `=${tokenText('tk')}`]) {
      const { title, message } = parse(token);
      expect(title).toBe('Invalid scopes');
      expect(message).toContain('a token in it');
      expect(message).not.toContain('eyJ');
    }
  });

  it('at a long word, of which the beginning is shown', () => {
    expect(parse('x'.repeat(5000)).message).toContain(`\`${'x'.repeat(40)}…\``);
  });
});

describe('the scope that was probably meant', () => {
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
  ])('is found by %s', (_, scope, meant) => {
    expect(suggestScope(scope)).toBe(meant);
  });

  it('is the nearest, not the first', () => {
    // Two changes from `uploads:read`, which the list names first, and one from `downloads:read`.
    expect(suggestScope('ownloads:read')).toBe('downloads:read');
  });

  it.each(['gizmos:polish', 'tlests:wrt', 'tokens:destroy', 'x'.repeat(41)])(
    'is not guessed for %s',
    scope => {
      expect(suggestScope(scope)).toBeUndefined();
    },
  );
});
