type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy on the way to a server. */
export interface ProxySettings {
  /** Without credentials. */
  readonly url: string;
  /** The value of `Proxy-Authorization`, `undefined` where the proxy's address has no credentials. */
  readonly authorization: string | undefined;
  /** What of the credentials has to be masked, in each form in which it could be seen. */
  readonly secrets: readonly string[];
}

/**
 * The proxy for requests to `api`, from `HTTPS_PROXY`, else `HTTP_PROXY`, unless `NO_PROXY` names the server; each in
 * either case, the lower one first, as curl does. A variable that would not be used is not looked at.
 *
 * Plain HTTP goes to loopback only and never through a proxy: a proxy would read the token, and its loopback is another.
 *
 * @throws {TypeError} with the variable's name and what is wrong with it, never its value.
 */
export function parseProxySettings(api: URL, env: Environment): ProxySettings | undefined {
  if (api.protocol !== 'https:') return undefined;
  const read = (name: string) => (env[name.toLowerCase()] || env[name] || '').trim();
  const name = ['HTTPS_PROXY', 'HTTP_PROXY'].find(name => read(name) !== '');
  if (name === undefined || isBypassed(api, read('NO_PROXY'))) return undefined;
  return parseProxy(name, read(name));
}

/** Whether `NO_PROXY` names the server: `*`, a host, a domain (with or without `.` or `*.`), each with or without a port. */
function isBypassed(api: URL, noProxy: string): boolean {
  const host = api.hostname.replace(/^\[(.*)\]$/, '$1').replace(/(.)\.$/, '$1');
  const port = api.port || '443';
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .some(entry => {
      const [, bracketed, plain, entryPort] = /^(?:\[(.+)\]|(.+?))(?::(\d+))?$/.exec(entry) ?? [];
      const isBareIpv6 = entry.split(':').length > 2 && bracketed === undefined;
      const name = isBareIpv6 ? entry : (bracketed ?? plain ?? '');
      if (name === '' || (!isBareIpv6 && entryPort !== undefined && entryPort !== port)) return false;
      if (name === '*') return true;
      const domain = name.replace(/^\*?\./, '').replace(/(.)\.$/, '$1');
      return (host === domain && !name.startsWith('*.')) || host.endsWith(`.${domain}`);
    });
}

/** A user name shorter than this is no key, and masking it would riddle every log. */
const SHORTEST_KEY = 6;

/**
 * Credentials are taken as they were meant, not only as a URL could have them: percent-encoded or not, with a backslash
 * for a domain, without a user.
 */
function parseProxy(name: string, value: string): ProxySettings {
  const invalid = (what: string) =>
    new TypeError(
      `${name} ${what}. Write the address of an HTTP proxy, such as http://proxy.example.com:3128`,
    );
  const [, scheme = 'http:', rest = ''] = /^(?:([a-z][a-z\d+.-]*:)\/\/)?(.*)$/is.exec(value) ?? [];
  if (!/^https?:$/i.test(scheme))
    throw invalid(`begins with \`${scheme.slice(0, 20)}\`, which is not supported`);
  const at = rest.lastIndexOf('@');
  const address = rest.slice(at + 1).replace(/\/$/, '');
  if (/[/?#]/.test(address)) throw invalid('has a path, a query or a fragment');
  if (/[\s\\]/.test(address)) throw invalid('has a blank or a backslash in its host');
  const url = URL.parse(`${scheme}//${address}`);
  if (url === null || url.hostname === '') throw invalid('has no host, or a port that cannot be');
  if (at === -1) return { url: url.href, authorization: undefined, secrets: [] };
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(rest.slice(0, at)) ?? [];
  const basic = Buffer.from(`${decoded(user)}:${decoded(password ?? '')}`).toString('base64');
  const key = password || (user.length >= SHORTEST_KEY ? user : '');
  const forms = key === '' ? [] : [key, decoded(key), encodeURIComponent(decoded(key))];
  return { url: url.href, authorization: `Basic ${basic}`, secrets: [...new Set([...forms, basic])] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
