#!/bin/sh
# Writes the kubeconfig of KUBECONFIG_TEXT to a private file, and sets KUBECONFIG for later steps of this job.
set -eu
umask 077
printf '%s\n' "${KUBECONFIG_TEXT:?it holds no kubeconfig; is the secret set?}" >"$RUNNER_TEMP/kubeconfig"
echo "KUBECONFIG=$RUNNER_TEMP/kubeconfig" >>"$GITHUB_ENV"
