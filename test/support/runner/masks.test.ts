/**
 * What a log hides. Here and in the tests beside this one, [observed] marks behavior of the Worker of actions/runner
 * 2.336.0; everything else was read in its source.
 */
import { describe, expect, it } from 'vitest';
import { Masks } from './masks.ts';
import { nodeAction, workflowOf } from './samples.ts';
import { runAction } from './step.ts';
import { runWorkflow } from './workflow.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function maskOf(...values: string[]): Masks {
  const masks = new Masks();
  for (const value of values) masks.add(value);
  return masks;
}

/** One token of each length modulo three. */
const TOKENS = ['', 'x', 'xx'].map(end => `secret-token-${end}`);

describe('a secret', () => {
  it('is hidden, and so is its URL-, JSON-, XML-, shell- and expression-escaped form [observed]', () => {
    const secret = `s3cr3t "quoted" (brackets!) 'single' <tagged>\t${'x'.repeat(7)}`;
    const masks = maskOf(secret);
    const forms = [
      secret,
      's3cr3t%20%22quoted%22%20%28brackets%21%29%20%27single%27%20%3Ctagged%3E%09xxxxxxx',
      JSON.stringify(secret).slice(1, -1),
      's3cr3t &quot;quoted&quot; (brackets!) &apos;single&apos; &lt;tagged&gt;\txxxxxxx',
      secret.replaceAll('"', '\\"'),
      secret.replaceAll("'", "''"),
    ];

    for (const form of forms) expect(masks.hide(`before ${form} after`)).toBe('before *** after');
    expect(masks.touches('nothing of it')).toBe(false);
  });

  it.each(TOKENS)('is hidden as base64 after any text, if nothing follows: %s [observed]', token => {
    const masks = maskOf(token);
    for (const before of ['', 'a', 'ab', 'abc', 'x-access-token:'])
      expect(masks.hide(base64(before + token)), before).toMatch(/^[\w+/]*\*\*\*$/);
  });

  it('is in plain text as base64 for two of three lengths if padding is missing or text follows [observed]', () => {
    const inClear = (encode: (token: string) => string) =>
      TOKENS.filter(token => !maskOf(token).touches(encode(token))).map(({ length }) => length % 3);

    // `echo "$TOKEN" | base64`, Basic authentication with the token as the user's name, unpadded, base64url.
    for (const encode of [
      (token: string) => base64(`${token}\n`),
      (token: string) => base64(`${token}:`),
      (token: string) => base64(token).replace(/=+$/, ''),
      (token: string) => Buffer.from(token).toString('base64url'),
    ])
      expect(inClear(encode)).toEqual([1, 2]);
  });

  it('is in plain text as hex, in capitals, and in part [observed]', () => {
    const masks = maskOf('secret-token');
    const shown = [Buffer.from('secret-token').toString('hex'), 'SECRET-TOKEN', 'secret-toke'];
    for (const form of shown) expect(masks.hide(form)).toBe(form);
  });

  it('is hidden in any context by three more masks, its base64 cut to whole groups [observed]', () => {
    for (const token of TOKENS) {
      const cut = [0, 1, 2].map(less => {
        const bytes = Buffer.from(token).subarray(less);
        return bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
      });
      const masks = maskOf(token, ...cut);
      for (const text of [`${token}\n`, `${token}:`, `mapbox:${token}\n`, `ab${token}`]) {
        expect(masks.touches(base64(text)), text).toBe(true);
        expect(masks.touches(Buffer.from(text).toString('base64url')), text).toBe(true);
      }
    }
  });

  it('of several lines is hidden line by line', () => {
    expect(maskOf('first line\nsecond line').hide('a second line b')).toBe('a *** b');
  });

  it('in quotes is hidden without them, unless it is short', () => {
    expect(maskOf('"in quotes"').hide('in quotes')).toBe('***');
    expect(maskOf('"short"').hide('short')).toBe('short');
  });

  it.each([
    ['part-one&part-two&part-three', ['part-one&part-two&', 'part-three']],
    ['part-one&+part-two', ['part-one&+', 'art-two']],
  ])('is hidden in the parts that PowerShell prints: %s', (secret, parts) => {
    for (const part of parts) expect(maskOf(secret).hide(part)).toBe('***');
  });

  it('is not hidden in a short part', () => {
    const masks = maskOf('short&part-two');
    expect([masks.hide('short&'), masks.hide('short'), masks.hide('part-two')]).toEqual([
      '***',
      'short',
      '***',
    ]);
    expect(maskOf('part-one&two').hide('two')).toBe('two');
  });

  it('that overlaps another is hidden together with it', () => {
    expect(maskOf('abcdef', 'defghi').hide('-abcdefghi-')).toBe('-***-');
  });
});

describe('a job', () => {
  it('hides a text from the line after its mask command [observed]', async () => {
    const word = ['late', 'secret'].join('-');
    const { log } = await runWorkflow(
      workflowOf(`- run: node -e "['a', '::add-mask::', 'b'].forEach(l => console.log(l + process.env.PART_1 + '-' + process.env.PART_2))"
  env:
    PART_1: late
    PART_2: secret`),
    );
    expect(log).toContain(`a${word}`);
    expect(log).toContain('b***');
  });

  it('hides secrets and its own token from the start, even in summaries, but not in titles [observed]', async () => {
    using action = nodeAction({
      main: `console.log('the-secret the-job-token');
console.log('::warning title=the-secret::of the-secret');
append('GITHUB_STEP_SUMMARY', 'the-secret in a summary');`,
    });
    const { main } = await runAction({
      action: action.folder,
      secrets: ['the-secret'],
      github: { token: 'the-job-token' },
    });

    expect(main.shown.split('\n')).toEqual(['*** ***', 'Warning: of ***']);
    expect(main.annotations).toEqual([{ level: 'warning', title: 'the-secret', message: 'of ***' }]);
    expect(main.summary).toBe('*** in a summary\n');
  });

  it('drops an output that contains a hidden text, with a warning [observed]', async () => {
    const steps = `- id: say
  run: |
    echo "::add-mask::hush-hush"
    echo "word=so hush-hush" >> "$GITHUB_OUTPUT"`;
    const job = 'outputs:\n  word: ${{ steps.say.outputs.word }}\n  other: plain';
    const { jobs, log } = await runWorkflow(workflowOf(steps, { job }));

    expect(jobs['job']?.outputs).toEqual({ other: 'plain' });
    expect(jobs['job']?.annotations).toMatchObject([
      { level: 'warning', message: "Skip output 'word' since it may contain secret." },
    ]);
    expect(log).toContain("Warning: Skip output 'word' since it may contain secret.");
  });
});
