// The rules of the house that no other tool checks: names, sizes, what a text may not contain, exact versions.
// Runs in the tools' main thread. Patterns are put together from pieces where they would otherwise find themselves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-tree.js';

const MAX_LINES = 600;

/** Files that may be longer, each with its reason. */
const MAY_BE_LONG: ReadonlyMap<string, string> = new Map();

const GENERATED = 'schemas/generated/';
const BINARY = /\.(gz|bin|png|ico|woff2|wasm)$/;
const CODE = /\.(ts|tsx|mts|cts|js|mjs|cjs|py|sh|fbs|css|html)$|(^|\/)Makefile$|^\.ci\//;
const SCRIPT = /\.(sh|ya?ml)$|(^|\/)Makefile$|^\.ci\/|(^|\/)package\.json$/;
const TEST = /\.(test|fuzz|stress)\.ts$/;

interface LineRule {
  /** Which paths it reads. */
  files: RegExp;
  finds: RegExp;
  says: string;
}

const ANY = /(?:)/;
const machineFolder = ['work', 'root'].map((name) => `(?<![\\w.$}*-])/${name}/`).join('|');
const unfinished = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].map((word) => `\\b${word}\\b`).join('|');
const suppression = ['biome' + '-ignore', '@ts' + '-expect-error'];

const LINE_RULES: readonly LineRule[] = [
  { files: ANY, finds: new RegExp(`${machineFolder}|/tmp/${'bash'}|/home/[a-z]`), says: 'a path of one machine' },
  { files: ANY, finds: new RegExp(unfinished), says: 'unfinished work belongs in an issue' },
  { files: SCRIPT, finds: /\|\|\s*(true|:)(\s|$|;|\))/, says: 'a failure is swallowed' },
  { files: CODE, finds: new RegExp(`${'@ts'}-(ignore|nocheck)`), says: 'the type checker is switched off' },
  {
    files: CODE,
    finds: new RegExp(`${suppression[0]}(?![^:]*:\\s*\\S+ \\S+)|${suppression[1]}(?!:? +\\S+ \\S+)`),
    says: 'a finding is suppressed without a reason',
  },
  { files: CODE, finds: new RegExp(`(istanbul|c8|v8|tap-coverage)[ -]${'ignore'}`), says: 'coverage is hidden' },
  { files: TEST, finds: /\.only\(|\bonly:\s*true/, says: 'one test alone would run' },
  { files: TEST, finds: /\.(skip|todo)\(|(^|[{,])\s*(skip|todo)\s*:/, says: 'a test that does not run' },
];

const BANNED_NAME = /(^|[-_.])(utils?|helpers?|common|managers?)([-_.]|$)/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const EXACT_VERSION = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.-]+)?$/;

/** One line for each finding: path, line where there is one, what is wrong. */
export function houseFindings(root: string): string[] {
  const findings: string[] = [];
  for (const path of sourceFiles(root)) {
    findings.push(...nameFindings(path).map((says) => `${path}: ${says}`));
    if (BINARY.test(path) || path.startsWith(GENERATED)) continue;
    const text = readFileSync(join(root, path), 'utf8');
    if (path.endsWith('package-lock.json')) findings.push(...lockFindings(path, text));
    else findings.push(...textFindings(path, text));
    if (path.endsWith('package.json')) findings.push(...versionFindings(path, text));
  }
  return findings;
}

function nameFindings(path: string): string[] {
  const findings: string[] = [];
  const parts = path.split('/');
  if (parts.some((part) => BANNED_NAME.test(part))) findings.push('a name that says nothing about what it holds');
  if (/\.tsx?$/.test(path) && !path.startsWith(GENERATED) && !KEBAB.test(parts.at(-1) ?? '')) {
    findings.push('file names are kebab-case');
  }
  return findings;
}

function textFindings(path: string, text: string): string[] {
  const findings: string[] = [];
  const lines = text.split('\n');
  for (const rule of LINE_RULES) {
    if (!rule.files.test(path)) continue;
    lines.forEach((line, index) => {
      if (rule.finds.test(line)) findings.push(`${path}:${index + 1}: ${rule.says}: ${line.trim()}`);
    });
  }
  if (!CODE.test(path)) return findings;
  const length = text.endsWith('\n') ? lines.length - 1 : lines.length;
  if (length > MAX_LINES && !MAY_BE_LONG.has(path)) findings.push(`${path}: ${length} lines, at most ${MAX_LINES}`);
  if (/\.tsx?$/.test(path) && !TEST.test(path) && !/^(#!.*\n)?\/[/*]/.test(text)) {
    findings.push(`${path}: opens without a comment that says its job, its thread and what it may assume`);
  }
  return findings;
}

function lockFindings(path: string, text: string): string[] {
  const lock = JSON.parse(text) as {
    packages?: Record<string, { resolved?: string; version?: string; link?: boolean }>;
  };
  const findings: string[] = [];
  for (const [name, { resolved, version, link }] of Object.entries(lock.packages ?? {})) {
    if (resolved !== undefined && !link) findings.push(`${path}: ${name} names the host ${resolved}`);
    if (version === undefined && !link && name.includes('node_modules/'))
      findings.push(`${path}: ${name} has no version`);
  }
  return findings;
}

function versionFindings(path: string, text: string): string[] {
  const manifest = JSON.parse(text) as Record<string, unknown>;
  const findings: string[] = [];
  const look = (field: string, versions: unknown): void => {
    for (const [name, version] of Object.entries((versions ?? {}) as Record<string, unknown>)) {
      if (typeof version === 'object') look(`${field}.${name}`, version);
      else if (!EXACT_VERSION.test(String(version)))
        findings.push(`${path}: ${field}.${name} is not exact: ${version}`);
    }
  };
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides'])
    look(field, manifest[field]);
  return findings;
}
