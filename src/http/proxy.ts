type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy to use for a server. */
export interface ProxySettings {
  /** Without credentials. */
  readonly url: string;
  /** The environment variable that names it. */
  readonly variable: string;
  /** The value of `Proxy-Authorization`, `undefined` if the proxy's address has no credentials. */
  readonly authorization: string | undefined;
  /** The parts of the credentials to mask, in every form in which they could appear. */
  readonly secrets: readonly string[];
}

/** A proxy variable that cannot be used. The message begins with its name. */
export class ProxyVariableError extends Error {}

/**
 * The proxy for requests to `api`, from `HTTPS_PROXY`, else `HTTP_PROXY`, unless `NO_PROXY` names the server. Each name
 * may be in lower or upper case; lower case takes precedence, as in curl. A variable that would not be used is not
 * checked.
 *
 * Plain HTTP goes only to loopback and never through a proxy: the proxy could read the token, and its loopback is
 * another host.
 *
 * @throws {ProxyVariableError} with the variable's name and what is wrong with it, never its value.
 */
export function parseProxySettings(api: URL, env: Environment): ProxySettings | undefined {
  if (api.protocol !== 'https:') return undefined;
  const find = (name: string) => [name.toLowerCase(), name].find(candidate => env[candidate]?.trim());
  const read = (name = '') => env[name]?.trim() ?? '';
  const variable = find('HTTPS_PROXY') ?? find('HTTP_PROXY');
  if (variable === undefined || isBypassed(api, read(find('NO_PROXY')))) return undefined;
  return parseProxy(variable, read(variable));
}

/** Whether `NO_PROXY` names the server: `*`, a host, a domain (with or without `.` or `*.`), each with or without a port. */
function isBypassed(api: URL, noProxy: string): boolean {
  const host = api.hostname.replace(/[[\]]/g, '').replace(/(.)\.$/, '$1');
  const port = api.port || '443';
  return noProxy
    .toLowerCase()
    .split(/[,\s]/)
    .some(entry => {
      const [, bracketed, plain, entryPort] = /^(?:\[(.+)\]|(.+?))(?::(\d+))?$/.exec(entry) ?? [];
      const isBareIpv6 = entry.split(':').length > 2 && bracketed === undefined;
      const name = isBareIpv6 ? entry : (bracketed ?? plain ?? '');
      if (!isBareIpv6 && entryPort !== undefined && entryPort !== port) return false;
      if (name === '*') return true;
      const domain = name.replace(/^\*?\./, '').replace(/(.)\.$/, '$1');
      return (host === domain && !name.startsWith('*.')) || host.endsWith(`.${domain}`);
    });
}

/**
 * A shorter text is not masked on its own: that would make logs unreadable. Masks consist of single lines without white
 * space around them.
 */
const MIN_MASK_LENGTH = 6;

/**
 * Also accepts credentials that are not valid in a URL: not percent-encoded, with a backslash after a domain, or
 * without a user.
 */
function parseProxy(variable: string, value: string): ProxySettings {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z\d+.-]*):\/\/)?(.*)/is.exec(value) ?? [];
  const at = rest.lastIndexOf('@');
  const address = rest.slice(at + 1).replace(/\/$/, '');
  const url = URL.parse(`${scheme}://${address}`);
  const problem = findProblem(value, scheme, address, url);
  if (problem !== undefined || url === null) {
    throw new ProxyVariableError(
      `${variable} ${problem}. Write the address of an HTTP proxy, such as http://proxy.example.com:3128`,
    );
  }
  const credentials = /^:?$/.test(rest.slice(0, Math.max(0, at)))
    ? undefined
    : parseCredentials(rest.slice(0, at));
  return {
    url: url.href,
    variable,
    authorization: credentials?.authorization,
    secrets: credentials?.secrets ?? [],
  };
}

/** Describes what is wrong with a proxy's address, without quoting it. */
function findProblem(value: string, scheme: string, address: string, url: URL | null): string | undefined {
  if (/^["'`]/.test(value)) return 'is in quotes';
  if (/^socks/i.test(scheme)) return 'names a SOCKS proxy, which is not supported';
  if (!/^https?$/i.test(scheme)) return 'begins with neither `http://` nor `https://`';
  if (/[/?#]/.test(address)) return 'has a path, a query or a fragment';
  if (/[\s\\]/.test(address)) return 'has a space or a backslash in its host';
  if (url === null || url.port === '0') return 'has no valid host and port';
  return undefined;
}

function parseCredentials(text: string): Pick<ProxySettings, 'authorization' | 'secrets'> {
  const [, user = '', password = ''] = /^([^:]*):?(.*)/s.exec(text) ?? [];
  const pair = Buffer.concat([decodePercent(user), Buffer.from(':'), decodePercent(password)]);
  const basic = pair.toString('base64');
  return { authorization: `Basic ${basic}`, secrets: [...new Set([...findSecrets(user, password), basic])] };
}

/**
 * The texts to mask: the password or, if it is short, `user:password` and the user, which may be an API key. Each as
 * written, decoded, and percent-encoded.
 */
function findSecrets(user: string, password: string): string[] {
  const formsOf = (text: string) => {
    const plain = decodePercent(text).toString();
    return [text, plain, encodeURIComponent(plain)];
  };
  const isLong = (text: string) => text.split(/[\r\n]/).every(line => line.trim().length >= MIN_MASK_LENGTH);
  const passwords = formsOf(password);
  if (passwords.every(isLong)) return passwords;
  const users = formsOf(user);
  // A colon and a short password would match everywhere.
  const pairs =
    user === '' || password === '' ? [] : users.map((form, index) => `${form}:${passwords[index]}`);
  return [...pairs.filter(pair => /^\S[^\r\n]*\S$/.test(pair)), ...(users.every(isLong) ? users : [])];
}

/** Decodes percent-encoded bytes, which need not be UTF-8, and leaves any other `%`, as curl does. */
function decodePercent(text: string): Buffer {
  const parts = text.split(/(%[\da-f]{2})/i);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))),
  );
}
