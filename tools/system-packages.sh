#!/usr/bin/env bash
# Makes sure that the programs named on the command line are there, each as PROGRAM:DEBIAN-PACKAGE; python3/MODULE is a
# module that Debian splits off from Python itself.
# Installs the packages of missing ones when root or sudo without a password allows; otherwise names them in one line.
set -euo pipefail

is_there() {
  case "$1" in
    python3/*) python3 -c "import ${1#python3/}" > /dev/null 2>&1 ;;
    *) command -v "$1" > /dev/null ;;
  esac
}

missing=()
for pair in "$@"; do
  if ! is_there "${pair%%:*}"; then missing+=("${pair#*:}"); fi
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
