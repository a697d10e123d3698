#!/bin/sh
# Fails if anything in the cluster is not as the last "up" left it, and shows what; changes nothing.
# usage: PULUMI_STACK=<stack> drift.sh
set -eu
pulumi refresh --preview-only --expect-no-changes --diff --non-interactive || {
  code=$?
  echo "drift, or no answer: see above; \"pulumi up --refresh\" mends what has drifted" >&2
  exit "$code"
}
