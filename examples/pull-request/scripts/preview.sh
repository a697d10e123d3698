#!/bin/sh
# Previews the stack and writes the plan, as a comment for the pull request, to the file that is named; hands it on to
# later jobs as the output "comment". Ends with the preview's own exit code. Needs the state, but no access to a cluster.
# usage: PULUMI_STACK=<stack> preview.sh <file>
set -eu
comment=${1:?usage: preview.sh <file>}
plan=$(mktemp)
trap 'rm -f "$plan"' EXIT

code=0
pulumi preview --json --non-interactive >"$plan" || code=$?

if ! npx --no-install pulumi-vnic plan "$plan" >"$comment"; then
  # A mistake in the settings, or no state: the engine has told this job's log, and planned nothing.
  project=$(sed -n 's/^name: *//p' Pulumi.yaml)
  echo "**There is no plan of \`$project/$PULUMI_STACK\`**: the preview failed at once. The job's log says why." >"$comment"
  printf '\n<!-- pulumi-vnic plan %s/%s -->\n' "$project" "$PULUMI_STACK" >>"$comment"
  test "$code" -ne 0 || code=1
fi

if test -n "${GITHUB_OUTPUT-}"; then
  # Random, so that nothing in a plan can end the value early.
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  { echo "comment<<$end" && cat "$comment" && echo "$end"; } >>"$GITHUB_OUTPUT"
fi
exit "$code"
