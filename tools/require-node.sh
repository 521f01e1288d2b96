#!/usr/bin/env bash
# Says in one sentence when Node is missing or another one than this project runs on; silent and 0 when it fits.
# Must run before npm does: npm's own words for it are a page long.
set -euo pipefail

wanted='Tredye needs Node 20.18 or a later 20, or Node 24'
if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
  echo "$wanted, with npm; it was not found." >&2
  exit 1
fi
version=$(node --version)
IFS=. read -r major minor _ <<< "${version#v}"
if (( major == 24 || (major == 20 && minor >= 18) )); then exit 0; fi
echo "$wanted; this is Node ${version#v}." >&2
exit 1
