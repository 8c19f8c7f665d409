#!/usr/bin/env bash
# docs/configuration.md is what the schema says. Usage: check_configuration.sh GENERATOR DESCRIPTOR_SET
set -euo pipefail
if ! "$1" "$2" | diff -u docs/configuration.md -; then
  echo "docs/configuration.md is not what the schema says; write it again with"
  echo "  cmake --build build/default --target configuration_page"
  exit 1
fi
