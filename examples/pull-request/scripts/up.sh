#!/bin/sh
# Updates the stack to what the program declares.
# usage: PULUMI_STACK=<stack> up.sh
set -eu
exec pulumi up --yes --skip-preview --non-interactive
