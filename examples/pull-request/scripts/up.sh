#!/bin/sh
# Makes the stack what the program says.
# usage: PULUMI_STACK=<stack> up.sh
set -eu
exec pulumi up --yes --skip-preview --non-interactive
