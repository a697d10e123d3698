#!/bin/sh
# Previews the stack, and writes the plan, as a comment for the pull request, to the given file and to the output
# "comment" for later jobs. Exits with the preview's own exit code. Needs the state, but no access to a cluster.
# usage: PULUMI_STACK=<stack> preview.sh <file>
set -eu
comment=${1:?usage: preview.sh <file>}
plan=$(mktemp)
trap 'rm -f "$plan"' EXIT

code=0
pulumi preview --json --non-interactive >"$plan" || code=$?

if ! npx --no-install pulumi-vnic plan "$plan" >"$comment"; then
  # The settings are wrong, or there is no state: the engine's error is in the job's log, and there is no plan.
  project=$(sed -n 's/^name: *//p' Pulumi.yaml)
  echo "**There is no plan of \`$project/$PULUMI_STACK\`**: the preview failed at once. The job's log says why." >"$comment"
  printf '\n<!-- pulumi-vnic plan %s/%s -->\n' "$project" "$PULUMI_STACK" >>"$comment"
  test "$code" -ne 0 || code=1
fi

if test -n "${GITHUB_OUTPUT-}"; then
  # The delimiter is random, so that no text in a plan can end the value early.
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  { echo "comment<<$end" && cat "$comment" && echo "$end"; } >>"$GITHUB_OUTPUT"
fi
exit "$code"
