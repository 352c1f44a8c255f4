/** The toolkit reads the environment and writes to standard output; the test replaces both while it runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorTitles } from '../../../src/action-error.ts';
import { type ActionsRunner, actionsRunner, type OutputStream } from '../../../src/runner/runner.ts';
import { Secret } from '../../../src/secret.ts';
import { tokenText } from '../../support/tokens.ts';

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'];
const EARLIER = 'name=of an earlier step\n';

let folder: string;
let text: string;
let opened: number;
let failOutput: () => void;
let runner: ActionsRunner;
const { write } = process.stdout;

function path(name: string): string {
  return join(folder, name);
}

function contents(name: string): string {
  return readFileSync(path(name), 'utf8');
}

function lines(): string[] {
  return text.split(/\r?\n/).slice(0, -1);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runner-test-'));
  for (const name of FILES) {
    writeFileSync(path(name), EARLIER);
    process.env[name] = path(name);
  }
  text = '';
  opened = 0;
  process.stdout.write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  const stdout: OutputStream = {
    get writableLength() {
      return text.length;
    },
    on(event, listener) {
      if (event === 'error') failOutput = listener;
    },
  };
  runner = actionsRunner(process.env, () => {
    opened++;
    return stdout;
  });
});

afterEach(() => {
  process.stdout.write = write;
  for (const name of [...FILES, 'MAPBOX_ACCESS_TOKEN', 'STATE_cleanup', 'INPUT_SOME-INPUT'])
    delete process.env[name];
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

describe('the log', () => {
  it('uses a command for everything but plain lines', () => {
    runner.info('a line');
    runner.debug('a detail');
    runner.warning('careful:\nthis, too');
    runner.fail(errorTitles.rateLimited, '100% used');
    expect(lines()).toEqual([
      'a line',
      '::debug::a detail',
      '::warning title=Mapbox token::careful:%0Athis, too',
      '::error title=Mapbox rate limit exceeded::100%25 used',
    ]);
  });

  it('sets the exit code on errors', () => {
    runner.fail(errorTitles.rateLimited, 'Wait.');
    expect(process.exitCode).toBe(1);
  });

  it('accepts only listed titles, since the runner does not mask titles', () => {
    // @ts-expect-error a text that is not a listed title
    runner.fail(String('Some title'), 'text');
  });

  it('contains neither secrets nor commands from outside', () => {
    const token = tokenText('sk');
    runner.mask(new Secret('the password'));
    text = '';
    const outside = `the password\n::error::${token} \u202e##[error]x`;
    runner.info(outside);
    runner.debug(outside);
    runner.warning(outside);
    runner.fail(errorTitles.rateLimited, outside);
    const clean = '***%0A: :error::***  ## [error]x';
    expect(lines()).toEqual([
      '***',
      ': :error::***  ## [error]x',
      `::debug::${clean}`,
      `::warning title=Mapbox token::${clean}`,
      `::error title=Mapbox rate limit exceeded::${clean}`,
    ]);
  });

  it('is opened before the first line only', async () => {
    expect([runner.unreadOutput(), runner.getState(), runner.findFileProblem(true), opened]).toEqual([
      0,
      '',
      undefined,
      0,
    ]);
    runner.saveState('state');
    runner.writeResults({ name: 'value' }, {});
    await runner.writeSummary('Heading', []);
    expect([opened, text]).toEqual([0, '']);
    runner.info('a line');
    runner.info('a line');
    expect(opened).toBe(1);
  });

  it('counts unread output, and none once the reader has gone', () => {
    runner.info('a line');
    expect(runner.unreadOutput()).toBe(text.length);
    failOutput();
    expect(runner.unreadOutput()).toBe(0);
    runner.info('another');
    expect(runner.unreadOutput()).toBe(0);
  });
});

describe('a mask', () => {
  it('hides a text and its base64 at every offset, each once', () => {
    runner.mask(new Secret('123456789'));
    runner.mask(new Secret(' 123456789 '));
    expect(lines()).toEqual([
      '::add-mask::123456789',
      ...['123456789', '234567', '345678'].map(part => `::add-mask::${Buffer.from(part).toString('base64')}`),
    ]);
  });

  it('never contains a line break or a text that cannot be a token', () => {
    runner.mask(new Secret('none'));
    runner.mask(new Secret('e\nfirst-line\r\nsecond-line'));
    expect(lines()).toHaveLength(8);
    expect(text).not.toContain('%0');
    expect(lines()).toContain('::add-mask::second-line');
  });

  it('hides a shorter text if the caller knows it to be secret', () => {
    runner.mask(new Secret('hunter2'), 1);
    expect(lines()[0]).toBe('::add-mask::hunter2');
  });
});

describe('results', () => {
  const token = tokenText('sk');

  it('become outputs, variables and the state', () => {
    runner.writeResults(
      { token: new Secret(token), note: 'a\nb' },
      { MAPBOX_ACCESS_TOKEN: new Secret(token) },
      'state',
    );
    expect(contents('GITHUB_OUTPUT')).toMatch(
      new RegExp(
        `^${EARLIER}token<<(\\S+)\r?\n${token.replaceAll('.', '\\.')}\r?\n\\1\r?\nnote<<(\\S+)\r?\na\nb\r?\n\\2\r?\n$`,
      ),
    );
    expect(contents('GITHUB_ENV')).toContain(`MAPBOX_ACCESS_TOKEN<<`);
    expect(contents('GITHUB_STATE')).toMatch(/cleanup<<(\S+)\r?\nstate\r?\n\1/);
    expect(text).toBe('');
  });

  it('leave the state unchanged if none is given', () => {
    runner.writeResults({ token: new Secret(token) }, {});
    expect(contents('GITHUB_STATE')).toBe(EARLIER);
  });

  it.each(['GITHUB_OUTPUT', 'GITHUB_STATE'])(
    'are written together or not at all: %s cannot be written',
    name => {
      rmSync(path(name));
      const write = () =>
        runner.writeResults(
          { token: new Secret(token) },
          { MAPBOX_ACCESS_TOKEN: new Secret(token) },
          'state',
        );
      expect(write).toThrow();
      for (const other of FILES.filter(file => file !== name)) expect(contents(other), other).toBe(EARLIER);
    },
  );
});

it('checks that results can be written before a token is created', () => {
  rmSync(path('GITHUB_ENV'));
  expect(runner.findFileProblem(false)).toBeUndefined();
  expect(runner.findFileProblem(true)?.problem).toContain('GITHUB_ENV');
});

describe('a value from the runner', () => {
  it('is an input as written, empty if missing', () => {
    process.env['INPUT_SOME-INPUT'] = ' a\n';
    expect([runner.getInput('some-input'), runner.getInput('other')]).toEqual([' a\n', '']);
  });

  it('is the state, under one key', () => {
    runner.saveState('{"a":1}');
    expect(contents('GITHUB_STATE')).toMatch(/cleanup<<(\S+)\r?\n\{"a":1\}\r?\n\1/);
    process.env['STATE_cleanup'] = '{"a":1}';
    expect(runner.getState()).toBe('{"a":1}');
  });
});

it.runIf(process.platform === 'linux')(
  'the error for a state that cannot be saved names the file and why',
  () => {
    process.env['GITHUB_STATE'] = '/dev/full';
    expect(() => runner.saveState('{"a":1}')).toThrow(
      expect.objectContaining({
        title: errorTitles.filesNotWritable,
        message: "The runner's file GITHUB_STATE, /dev/full, cannot be written: ENOSPC. Its disk is full.",
      }),
    );
  },
);

describe('the summary', () => {
  it('is appended, without secrets', async () => {
    runner.mask(new Secret('the password'));
    await runner.writeSummary('The password', [['Note', 'the password']]);
    expect(contents('GITHUB_STEP_SUMMARY')).toBe(
      `${EARLIER}<h3>The password</h3>\n<table><tr><th>Note</th><td>&#42;&#42;&#42;</td></tr></table>\n`,
    );
  });

  it('rejects if it cannot be written', async () => {
    delete process.env['GITHUB_STEP_SUMMARY'];
    await expect(runner.writeSummary('Heading', [])).rejects.toThrow();
  });
});
