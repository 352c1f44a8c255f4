/** Uploaded files of the Tiling Service: an account's sources or changesets. */

import { type ApiCall, type ApiResponse, notFound, reject, respond } from './messages.ts';
import { tilingPage } from './tiling-page.ts';

interface Upload {
  readonly name: string;
  files: number;
  /** The bytes of all files. */
  size: number;
}

/** The scope that a method requires, without and with a name in the path [Mapbox, Tiling Service]. */
export const uploadScopes = {
  all: { GET: 'tilesets:list' },
  one: { GET: 'tilesets:read', POST: 'tilesets:write', PUT: 'tilesets:write', DELETE: 'tilesets:write' },
} as const;

export class UploadedFiles {
  readonly #prefix: string;
  readonly #uploads = new Map<string, Upload>();

  constructor(kind: 'source' | 'changeset', username: string) {
    this.#prefix = `mapbox://tileset-${kind}/${username}/`;
  }

  /** Whether these files exist, by their `mapbox://` URI. */
  has(uri: string): boolean {
    return uri.startsWith(this.#prefix) && this.#uploads.has(uri.slice(this.#prefix.length));
  }

  list(call: ApiCall): ApiResponse {
    return tilingPage(
      call,
      [...this.#uploads.values()],
      upload => upload.name,
      upload => ({ id: this.#prefix + upload.name, files: upload.files, size: upload.size }),
    );
  }

  /** Reads, adds to, replaces or deletes the files of this name. */
  answer(call: ApiCall, name: string): ApiResponse {
    const found = this.#uploads.get(name);
    if (call.method === 'GET') {
      if (found === undefined) return notFound();
      const { files, size } = found;
      return respond(200, { id: this.#prefix + name, files, size, size_nice: `${size}B` });
    }
    if (call.method === 'DELETE') return this.#uploads.delete(name) ? respond(204) : notFound();
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) return reject(400, 'Invalid id');
    const size = uploadedSize(call);
    if (size === undefined) return reject(400, 'No file was uploaded');
    // POST adds a file, PUT replaces all.
    const upload = found !== undefined && call.method === 'POST' ? found : { name, files: 0, size: 0 };
    upload.files += 1;
    upload.size += size;
    this.#uploads.set(name, upload);
    return respond(200, {
      id: this.#prefix + name,
      files: upload.files,
      file_size: size,
      source_size: upload.size,
    });
  }
}

/** The bytes of the field `file` in a multipart/form-data body; `undefined` if there is none. */
function uploadedSize(call: ApiCall): number | undefined {
  const type = call.headers['content-type'] ?? '';
  const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  const delimiter = Buffer.from(`--${boundary?.[1] ?? boundary?.[2]}`);
  if (boundary === null) return undefined;
  let from = call.bytes.indexOf(delimiter);
  while (from !== -1) {
    const to = call.bytes.indexOf(Buffer.from(`\r\n${delimiter.toString()}`), from + delimiter.length);
    if (to === -1) return undefined;
    const part = call.bytes.subarray(from + delimiter.length + 2, to);
    const head = part.indexOf('\r\n\r\n');
    if (head !== -1 && /;\s*name="?file"?(?:;|\r|$)/i.test(part.subarray(0, head).toString('utf8'))) {
      return part.length - head - 4;
    }
    from = to + 2;
  }
  return undefined;
}
