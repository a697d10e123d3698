#!/bin/sh
# Puts the kubeconfig of KUBECONFIG_TEXT where later steps of this job find it, and nobody else reads it.
set -eu
umask 077
printf '%s\n' "${KUBECONFIG_TEXT:?it holds no kubeconfig; is the secret set?}" >"$RUNNER_TEMP/kubeconfig"
echo "KUBECONFIG=$RUNNER_TEMP/kubeconfig" >>"$GITHUB_ENV"
