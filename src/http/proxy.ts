/** The proxies to use, in the words of undici's EnvHttpProxyAgent. An empty text means none. */
export interface ProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` in either case, the lower one first, as curl and undici do.
 * `undefined` where there is no proxy to use. A proxy without a scheme is taken as `http://`, as curl does.
 *
 * Plain HTTP goes to loopback only and is never proxied: a proxy would read the token, and its loopback is not
 * ours.
 *
 * @throws {TypeError} with the variable's name, never its value, where a proxy is no URL.
 */
export function parseProxySettings(
  api: URL,
  env: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  if (api.protocol !== 'https:') return undefined;
  const read = (name: string) => env[name.toLowerCase()] || env[name] || '';
  const [httpProxy, httpsProxy] = [proxyUrl('HTTP_PROXY', read), proxyUrl('HTTPS_PROXY', read)];
  return httpProxy === '' && httpsProxy === ''
    ? undefined
    : { httpProxy, httpsProxy, noProxy: read('NO_PROXY') };
}

function proxyUrl(name: string, read: (name: string) => string): string {
  const value = read(name).trim();
  if (value === '') return '';
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  if (url === null || url.hostname === '' || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${name} is not the URL of an HTTP proxy, such as http://proxy.example.com:3128`);
  }
  return url.href;
}

/** Hiding a shorter name would riddle every log. */
const SHORTEST_KEY = 6;

/**
 * What of the proxies must not be seen: the password, or the user where there is no password (it is a key then, unless
 * it is very short), as written and as meant, and the credentials as the wire carries them.
 */
export function proxySecrets(proxies: ProxySettings): string[] {
  return [proxies.httpProxy, proxies.httpsProxy].flatMap(proxy => {
    const url = URL.parse(proxy);
    if (url === null || url.username + url.password === '') return [];
    const written = url.password || url.username;
    const basic = Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64');
    const hidden = url.password !== '' || written.length >= SHORTEST_KEY;
    return hidden ? [written, decoded(written), basic] : [basic];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
