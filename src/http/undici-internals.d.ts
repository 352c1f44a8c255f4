// undici's types describe the package as a whole; these are the parts that a bundle of a mint needs.

declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici';
  export default Client;
}

declare module 'undici/lib/dispatcher/proxy-agent.js' {
  import { ProxyAgent } from 'undici';
  export default ProxyAgent;
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici';
  export default buildConnector;
}

declare module 'undici/lib/core/diagnostics.js' {
  import type { Channel } from 'node:diagnostics_channel';

  const diagnostics: { channels: Record<string, Channel> };
  export default diagnostics;
}

declare module 'undici/lib/api/api-connect.js' {
  import type { Client } from 'undici';

  const connect: Client['connect'];
  export default connect;
}
