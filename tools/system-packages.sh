#!/usr/bin/env bash
# Makes sure that the programs named on the command line are there, each as PROGRAM:DEBIAN-PACKAGE.
# Installs the packages of missing ones when root or sudo without a password allows; otherwise names them in one line.
set -euo pipefail

missing=()
for pair in "$@"; do
  if ! command -v "${pair%%:*}" > /dev/null; then missing+=("${pair#*:}"); fi
done
if (( ${#missing[@]} == 0 )); then exit 0; fi

as_root=()
if (( $(id -u) != 0 )); then as_root=(sudo -n); fi
if ! command -v apt-get > /dev/null || ! "${as_root[@]}" true 2> /dev/null; then
  echo "Please install these system packages first: ${missing[*]}" >&2
  exit 1
fi
echo "installing system packages: ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
