/**
 * The first page: what `make build` has put into build/page, read once at the start of a gateway and served from memory.
 * A path is looked up among the files that were found, so nothing else can be reached. Gateway thread.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Reply } from './replies.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const OTHER_TYPE = 'application/octet-stream';
/** Their packed forms are served under their own names, when whoever made the page has made them. */
const PACKED: Readonly<Record<string, string>> = { '.br': 'br', '.gz': 'gzip' };
const ALREADY_PACKED = new Set(['.png', '.ico', '.woff2']);
/** Vite puts a hash into the names of what lies here: under one name there is one content, for ever. */
const HASHED = '/assets/';
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY: readonly (readonly [string, string])[] = [
  ['content-security-policy', CONTENT_SECURITY_POLICY],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
];

interface File {
  readonly type: string;
  readonly etag: string;
  readonly caching: string;
  /** By content-encoding, the smallest first; '' is as it is. */
  readonly forms: readonly { readonly encoding: string; readonly bytes: Uint8Array }[];
}

/** What a browser says of the page that it wants. */
export interface FileRequest {
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string;
}

export class StaticFiles {
  readonly #files: ReadonlyMap<string, File>;

  constructor(directory: string) {
    this.#files = readFiles(directory);
  }

  get found(): boolean {
    return this.#files.size > 0;
  }

  /** Undefined: there is no such file. */
  reply(path: string, { acceptEncoding, ifNoneMatch }: FileRequest): Reply | undefined {
    const file = this.#files.get(path === '/' ? '/index.html' : path);
    if (file === undefined) return undefined;
    const { type, etag, caching } = file;
    const headers: (readonly [string, string])[] = [...SECURITY, ['cache-control', caching], ['etag', etag]];
    headers.push(['vary', 'accept-encoding']);
    if (ifNoneMatch !== '' && ifNoneMatch.split(',').some((known) => known.trim() === etag)) {
      return { status: 304, type, body: '', headers };
    }
    const accepted = new Set(acceptEncoding.split(',').map((one) => one.trim()));
    const form = file.forms.find(({ encoding }) => encoding === '' || accepted.has(encoding));
    if (form === undefined) return undefined;
    if (form.encoding !== '') headers.push(['content-encoding', form.encoding]);
    return { status: 200, type, body: form.bytes, headers };
  }
}

function readFiles(directory: string): Map<string, File> {
  const found = new Map<string, Buffer>();
  let entries: readonly { isFile(): boolean; readonly parentPath: string; readonly name: string }[];
  try {
    entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch {
    return new Map();
  }
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(`/${relative(directory, path).split(sep).join('/')}`, readFileSync(path));
  }
  const files = new Map<string, File>();
  for (const [path, bytes] of found) {
    const extension = extname(path);
    if (PACKED[extension] !== undefined && found.has(path.slice(0, -extension.length))) continue;
    files.set(path, {
      type: TYPES[extension] ?? OTHER_TYPE,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      caching: path.startsWith(HASHED) ? FOR_EVER : ASK_EACH_TIME,
      forms: formsOf(path, bytes, found),
    });
  }
  return files;
}

function formsOf(path: string, bytes: Buffer, found: ReadonlyMap<string, Buffer>): File['forms'] {
  const forms = [{ encoding: '', bytes }];
  if (!ALREADY_PACKED.has(extname(path))) {
    forms.push({ encoding: 'gzip', bytes: found.get(`${path}.gz`) ?? gzipSync(bytes, { level: 9 }) });
    const brotli = found.get(`${path}.br`);
    if (brotli !== undefined) forms.push({ encoding: 'br', bytes: brotli });
  }
  return forms.sort((a, b) => a.bytes.length - b.bytes.length);
}
