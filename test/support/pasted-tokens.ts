/** Mistakes in a saved token, and the messages about them. */
import { tokenText } from './tokens.ts';

export const token = tokenText('sk');
export const other = tokenText('sk', { u: 'mona', a: `cm${'1'.repeat(23)}` });
const [, payload = '', signature = ''] = token.split('.');
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Surroundings that users paste with a token, and the message about each. */
export const pasted = [
  ['double quotes', `"${token}"`, 'it has quotes next to the token'],
  ['single quotes', `'${token}'`, 'it has quotes next to the token'],
  ['typographic quotes', `“${token}”`, 'it has quotes next to the token'],
  ['one quote', `${token}'`, 'it has quotes next to the token'],
  ['escaped quotes', `\\"${token}\\"`, 'it has quotes next to the token'],
  ['a dollar sign', `$${token}`, 'it has other text next to the token'],
  ['Bearer', `Bearer ${token}`, 'it has `Bearer` next to the token'],
  ['a header', `authorization: bearer ${token}`, 'it has `Bearer` next to the token'],
  ['a name', `token=${token}`, 'it has a name before it, such as `TOKEN=` next to the token'],
  ['a line of a shell', `export MAPBOX_ACCESS_TOKEN=${token}`, 'it has a name before it'],
  ['a line of a shell in quotes', `export X="${token}"`, 'it has a name before it, such as `TOKEN=`, quotes'],
  ['a line of YAML', `token: ${token}`, 'it has a name before it'],
  ['a query', `?access_token=${token}`, 'it has a name before it'],
  ['backticks', `\`${token}\``, 'it has quotes next to the token'],
  ['angle brackets', `<${token}>`, 'it has other text next to the token'],
  ['brackets', `(${token})`, 'it has other text next to the token'],
  ['a literal line break', `${token}\\n`, 'it has other text next to the token'],
  ['a full stop', `${token}.`, 'it has other text next to the token'],
  ['a comma', `${token},`, 'it has other text next to the token'],
  ['a fourth part', `${token}.${signature}`, 'it has other text next to the token'],
  ['an odd character', `${token}%`, 'it has other text next to the token'],
  ['a comment', `${token} # CI`, 'it has other text next to the token'],
  ['a line of .netrc', `machine api.mapbox.com login mapbox password ${token}`, 'it has other text next to'],
  ['JSON', `{"token":"${token}"}`, 'it is JSON with a token in it'],
  ['JSON on several lines', `{\n  "id": 1,\n  "token": "${token}"\n}`, 'it is JSON with a token in it'],
  ['JSON with an address', `{"u":"https://example.com/?t=${token}"}`, 'it is JSON with a token in it'],
  ['a list', `["${token}"]`, 'it is JSON with a token in it'],
  ['brackets and a name', `TOKEN=[${token}]`, 'it has other text next to the token'],
  ['only brackets', `[${token}]`, 'it has other text next to the token'],
  [
    'an invisible character and a comment',
    `${token} \u200b# CI`,
    'it has a token in it, but encoded or with invisible characters',
  ],
  ['a URL', `https://api.mapbox.com/tokens/v2?access_token=${token}`, 'it is a URL with a token in it'],
  [
    'a URL with more',
    `https://api.mapbox.com/?access_token=${token}&limit=1`,
    'it is a URL with a token in it',
  ],
  ['a URL in a query', `https://example.com/?u=https%3A%2F%2Fx%3Fa%3D${token}`, 'it is a URL with a token'],
  ['a command', `curl "https://api.mapbox.com/?access_token=${token}"`, 'it is a URL with a token in it'],
  [
    'every character percent-encoded',
    [...token].map(character => `%${character.charCodeAt(0).toString(16)}`).join(''),
    'it has a token in it, but encoded or with invisible characters',
  ],
  ['base64', base64(token), 'it has a token in it, but encoded or with invisible characters'],
  [
    'base64 with a line break',
    base64(`${token}\n`),
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'base64 in lines',
    (base64(token).match(/.{1,60}/g) ?? []).join('\n'),
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'base64url',
    Buffer.from(`${token}ÿÿÿ`).toString('base64url'),
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'Basic authentication',
    `Basic ${base64(`mapbox:${token}`)}`,
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'a percent-encoded token',
    token.replaceAll('.', '%2E'),
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'a name and a percent-encoded token',
    `a%3D${token.replaceAll('.', '%2e')}`,
    'it has a token in it, but encoded or with invisible characters',
  ],
  ['two tokens', `${token}\n${other}`, 'it has more than one token in it'],
  ['two tokens and a name', `A=${token} B=${other}`, 'it has more than one token in it'],
] as const;

/** Ways in which a token is damaged. */
export const broken = [
  ['a line break', `${token.slice(0, 30)}\n${token.slice(30)}`, 'it has a line break in it'],
  ['a line break in its signature', `${token.slice(0, -5)}\n${token.slice(-5)}`, 'it has a line break in it'],
  ['a Windows line break', `${token.slice(0, 30)}\r\n${token.slice(30)}`, 'it has a line break in it'],
  ['a space', `${token.slice(0, 30)} ${token.slice(30)}`, 'it has white space in it'],
  ['a tab after its first dot', `sk.\t${payload}.${signature}`, 'it has white space in it'],
  ['a space before its last dot', `sk.${payload} .${signature}`, 'it has white space in it'],
  ['a byte order mark inside', `sk.\ufeff${payload}.${signature}`, 'it has white space in it'],
  [
    'a zero-width space at its end',
    `${token}\u200b`,
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'a zero-width joiner inside',
    `sk.${payload}\u200d.${signature}`,
    'it has a token in it, but encoded or with invisible characters',
  ],
  ['quotes and a line break', `"${token.slice(0, 30)}\n${token.slice(30)}"`, 'it has a line break in it'],
  [
    'a zero-width space and a name',
    `A=sk.\u200b${payload}.${signature}`,
    'it has a token in it, but encoded or with invisible characters',
  ],
  [
    'a direction mark before it',
    `\u202a${token}\u202c`,
    'it has a token in it, but encoded or with invisible characters',
  ],
] as const;

/** Values saved instead of a token. */
export const others = [
  ['two parts', `sk.${payload}`, 'it has only part of a token: copy all of it'],
  ['two parts and a dot', `sk.${payload}.`, 'it has only part of a token: copy all of it'],
  ['half of the second part', `sk.${payload.slice(0, 12)}`, 'it has only part of a token: copy all of it'],
  ['a quote and two parts', `"sk.${payload}`, 'it has only part of a token: copy all of it'],
  [
    'dots for its middle',
    `sk.${payload.slice(0, 8)}...${signature.slice(-4)}`,
    'it has only part of a token: copy all of it',
  ],
  ['an ellipsis', `sk.${payload.slice(0, 8)}…`, 'it has only part of a token: copy all of it'],
  ['bullets', `sk.${payload.slice(0, 8)}••••••••`, 'it has only part of a token: copy all of it'],
  [
    'a payload cut in the middle',
    `sk.${payload.slice(0, 20)}.${signature}`,
    'it has only part of a token: copy all of it',
  ],
  [
    'a payload without an account',
    tokenText('sk', { a: 'x' }),
    'it has only part of a token: copy all of it',
  ],
  [
    'a payload with an empty account',
    tokenText('sk', { u: '' }),
    'it has only part of a token: copy all of it',
  ],
  ['no signature but an odd character', `sk.${payload}.%`, 'it has only part of a token: copy all of it'],
  [
    'a payload with an odd character',
    `sk.${payload}%.${signature}`,
    'it has only part of a token: copy all of it',
  ],
  ['no beginning', `${payload}.${signature}`, 'it has only part of a token: copy all of it'],
  ['a token of a service that signs JSON', `${payload}.${payload}.${signature}`, 'a token begins with `sk.`'],
  ['its id', `cm${'0'.repeat(23)}`, "it is a token's ID, not the token"],
  ['a GitHub token', `ghp_${'a'.repeat(36)}`, 'it is a GitHub token'],
  ['a job token of GitHub', `ghs_${'a'.repeat(36)}`, 'it is a GitHub token'],
  ['a fine-grained GitHub token', `github_pat_${'a'.repeat(40)}`, 'it is a GitHub token'],
  ['a text with the beginning of a GitHub token in it', 'not-ghp_x', 'a token begins with `sk.`'],
  ['more than an id', `x cm${'0'.repeat(23)}`, 'a token begins with `sk.`'],
  ['an id and more', `cm${'0'.repeat(24)}`, 'a token begins with `sk.`'],
  [
    'an odd character in place of a signature',
    `sk.${payload}.%S`,
    'it has only part of a token: copy all of it',
  ],
  ['a password', 'correct-horse-battery', 'a token begins with `sk.` (or `tk.`) and has three parts'],
  ['a password that begins with $', '$3cretPassword', 'a token begins with `sk.`'],
  ['a public host', 'https://sk.wikipedia.org', 'a token begins with `sk.`'],
] as const;

export const placeholders = [
  ...['none', 'null', 'undefined', 'true', 'N/A', 'TODO', 'changeme', 'change-me', 'placeholder', 'secret'],
  ...[
    '***',
    '*****************',
    'xxxxxxxxxx',
    '…',
    '...',
    '<token>',
    '<your token>',
    '[your-token]',
    'your_mapbox_token',
    '[token]',
    '<>',
    '[]',
  ],
  'YOUR-TOKEN',
  ...['disabled', 'missing', 'default', 'unavailable', 'not-set', 'not_set', 'no-token', 'no secret'],
  ...['test-token', 'my-token', 'fake_token', 'sk.your-token', 'sk.xxxxxxxx', 'sk.…', 'pk.test', '00000000'],
] as const;

export const expressions = [
  '${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}',
  '{{ secrets.MAPBOX_AUTHORIZING_TOKEN }}',
  "${{ secrets.A || 'none' }}",
] as const;

export const names = [
  ...['MAPBOX_AUTHORIZING_TOKEN', '$MAPBOX_TOKEN', '${MAPBOX_TOKEN}', '%MAPBOX_TOKEN%', '$env:MAPBOX_TOKEN'],
  ...['secrets.MAPBOX_TOKEN', 'env.X', 'steps.mapbox.outputs.token'],
] as const;
