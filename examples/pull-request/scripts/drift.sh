#!/bin/sh
# Fails if the cluster differs from what the last "up" left, and prints the differences. Changes nothing.
# usage: PULUMI_STACK=<stack> drift.sh
set -eu
pulumi refresh --preview-only --expect-no-changes --diff --non-interactive || {
  code=$?
  echo "drift, or no answer: see above; \"pulumi up --refresh\" mends what has drifted" >&2
  exit "$code"
}
