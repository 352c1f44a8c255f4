import { describe, expect, it } from 'vitest';
import { knownScopes, usageForScopes } from '../../../src/mapbox/scopes.ts';

describe('the known scopes', () => {
  it.each([
    ['statistics:read', 'unsure'],
    ['user-feedback:read', 'unsure'],
    ['user-feedback:write', 'unsure'],
    ['fonts:metadata', 'unsure'],
    ['styles:download', 'secret'],
    ['fonts:list', 'secret'],
    ['fonts:write', 'secret'],
    ['tokens:write', 'secret'],
    ['styles:read', 'public'],
  ])('contain %s, which is %s', (scope, kind) => {
    expect(knownScopes.get(scope)).toBe(kind);
  });

  it('are two words of lower-case letters, digits and hyphens, separated by a colon', () => {
    const names = [...knownScopes.keys()];
    expect(names.filter(name => !/^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/.test(name))).toEqual([]);
  });
});

describe('the usage of a stored token', () => {
  it.each([
    [['styles:read', 'fonts:read', 'styles:tiles', 'datasets:read'], 'pk'],
    [['styles:read', 'tilesets:write'], 'sk'],
    [['gizmos:polish', 'tilesets:write'], 'sk'],
    [['styles:read', 'vision:read'], undefined],
    [['styles:read', 'gizmos:polish'], undefined],
    [['styles:read', 'constructor'], undefined],
  ])('with %j is %s', (scopes, usage) => {
    expect(usageForScopes(scopes)).toBe(usage);
  });
});
