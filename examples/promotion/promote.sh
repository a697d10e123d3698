#!/bin/sh
# Deploys the current commit to a stack, if the lower stack matches the same commit.
# usage: promote.sh <lower stack> <upper stack>
set -eu
lower=${1:?usage: promote.sh <lower stack> <upper stack>}
upper=${2:?usage: promote.sh <lower stack> <upper stack>}

test -z "$(git status --porcelain -- .)" || {
  echo "there are changes that no commit has: commit them, and begin with the first stack" >&2
  exit 1
}
commit=$(git rev-parse --short HEAD)

pulumi preview --stack "$lower" --expect-no-changes --non-interactive || {
  echo "commit $commit has not passed $lower: bring it up there first" >&2
  exit 1
}
pulumi up --stack "$upper" --yes --skip-preview --non-interactive
echo "commit $commit is in $upper, as it is in $lower"
