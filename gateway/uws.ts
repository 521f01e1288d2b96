// Loads uWebSockets.js: of the two packages that carry its binaries, the one whose binary works here.
// Runs on a gateway's thread at its start. May assume that both packages are installed, not that either loads.
//
// The binary is loaded by its own path. `uws-node20` answers a failed load with a slow JavaScript server and
// only a line on the console, and UWS_USE_FALLBACK chooses that server on purpose: neither can happen this way.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as uwsNode20 from 'uws-node20';
import type * as uwsNode24 from 'uws-node24';

// The older package's types describe what we use.
export type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  WebSocket,
} from 'uws-node20';

/** A name that the newer package does not have drops out here, and its users no longer compile. */
type UsedName = keyof typeof uwsNode24 & ('App' | 'us_listen_socket_close' | 'us_socket_local_port' | 'DISABLED');
export type Uws = Pick<typeof uwsNode20, UsedName>;

/** Where each package keeps its binaries, as seen from the file that its name resolves to. In order of choice. */
const UWS_PACKAGES: readonly UwsPackage[] = [
  { name: 'uws-node20', binaryFolder: join('..', 'binaries') },
  { name: 'uws-node24', binaryFolder: '.' },
];

/** Names whose absence would show only at the first connection, so they are looked at when the binary is loaded. */
const USED_FUNCTIONS: readonly UsedName[] = ['App', 'us_listen_socket_close', 'us_socket_local_port'];

export interface UwsPackage {
  name: string;
  binaryFolder: string;
}

/** The machine as the choice sees it. A test puts its own in place of the real one. */
export interface UwsHost {
  platform: string;
  arch: string;
  nodeVersion: string;
  /** The version of Node's binary interface, which is part of a binary's file name. */
  modulesVersion: string;
  /** Undefined where there is no glibc. */
  glibcVersion(): string | undefined;
  /** Throws when the package is not there or its binary does not load. */
  loadBinary(uwsPackage: UwsPackage, fileName: string): unknown;
}

/** No binary loads here. Only another Node or another system helps, so there is nothing to retry. */
export class UwsUnavailableError extends Error {
  readonly code = 'UWS_UNAVAILABLE';
  readonly canRetry = false;
}

/** The first package whose binary loads; throws UwsUnavailableError when none does. */
export function loadUws(host: UwsHost = thisMachine()): { uws: Uws; packageName: string } {
  const fileName = `uws_${host.platform}_${host.arch}_${host.modulesVersion}.node`;
  const failures: unknown[] = [];
  for (const uwsPackage of UWS_PACKAGES) {
    try {
      const loaded = host.loadBinary(uwsPackage, fileName);
      assertNative(loaded, uwsPackage.name);
      return { uws: loaded, packageName: uwsPackage.name };
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new UwsUnavailableError(
    `uWebSockets.js has no binary that loads on Node ${host.nodeVersion} (${host.platform} ${host.arch}) with ` +
      `${glibcName(host.glibcVersion())}: use Node 20 with glibc 2.27 or later, or Node 24 with glibc 2.38 or later.`,
    { cause: new AggregateError(failures) },
  );
}

function assertNative(loaded: unknown, packageName: string): asserts loaded is Uws {
  const names = loaded as Record<string, unknown> | null | undefined;
  for (const name of USED_FUNCTIONS) {
    if (typeof names?.[name] !== 'function') {
      throw new Error(`the binary of ${packageName} has no function ${name}`);
    }
  }
}

function glibcName(version: string | undefined): string {
  return version === undefined ? 'no glibc' : `glibc ${version}`;
}

function thisMachine(): UwsHost {
  const require = createRequire(import.meta.url);
  return {
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.versions.node,
    modulesVersion: process.versions.modules,
    glibcVersion: glibcVersionHere,
    loadBinary: ({ name, binaryFolder }, fileName) =>
      require(join(dirname(require.resolve(name)), binaryFolder, fileName)),
  };
}

function glibcVersionHere(): string | undefined {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime;
}
