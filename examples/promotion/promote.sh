#!/bin/sh
# Deploys the current commit to a stack, if the previous stack is already at the same commit.
# usage: promote.sh <previous stack> <next stack>
set -eu
previous=${1:?usage: promote.sh <previous stack> <next stack>}
next=${2:?usage: promote.sh <previous stack> <next stack>}

test -z "$(git status --porcelain -- .)" || {
  echo "there are uncommitted changes: commit them, and begin with the first stack" >&2
  exit 1
}
commit=$(git rev-parse --short HEAD)

pulumi preview --stack "$previous" --expect-no-changes --non-interactive || {
  echo "commit $commit has not passed $previous: bring it up there first" >&2
  exit 1
}
pulumi up --stack "$next" --yes --skip-preview --non-interactive
echo "commit $commit is in $next, as it is in $previous"
