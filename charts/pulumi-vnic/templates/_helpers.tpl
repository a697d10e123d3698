{{/* The images that may run in vnic-system, as items of a CEL list. */}}
{{- define "vnic.imageItems" -}}
{{- range $index, $image := concat (list .Values.image) .Values.allowImages | uniq -}}
{{- if $index }},{{ end }}{{ toRawJson $image }}
{{- end -}}
{{- end -}}

{{/* The images that may run in vnic-system, in words. */}}
{{- define "vnic.imageWords" -}}
{{- concat (list .Values.image) .Values.allowImages | uniq | join ", " -}}
{{- end -}}

{{/* A value as a CEL literal in which lists and maps have values of several types. */}}
{{- define "vnic.cel" -}}
{{- if kindIs "map" . -}}
{{- "{" -}}
{{- range $index, $key := keys . | sortAlpha -}}
{{- if $index }}, {{ end }}{{ toRawJson $key }}: dyn({{ include "vnic.cel" (index $ $key) }})
{{- end -}}
{{- "}" -}}
{{- else if kindIs "slice" . -}}
[
{{- range $index, $item := . -}}
{{- if $index }}, {{ end }}dyn({{ include "vnic.cel" $item }})
{{- end -}}
]
{{- else -}}
{{- toRawJson . -}}
{{- end -}}
{{- end -}}

{{/* The object that a helper makes, given the root and the helper's name, with the labels and annotations for all objects and pods. */}}
{{- define "vnic.described" -}}
{{- $root := index . 0 -}}
{{- $text := include (index . 1) $root -}}
{{- $labels := $root.Values.labels | default dict -}}
{{- $annotations := $root.Values.annotations | default dict -}}
{{- include "vnic.checkKeys" (list "labels" $labels) -}}
{{- include "vnic.checkKeys" (list "annotations" $annotations) -}}
{{- if or $labels $annotations -}}
{{- $object := fromYaml $text -}}
{{- $places := list $object -}}
{{- if dig "spec" "template" "" $object -}}
{{- $places = append $places $object.spec.template -}}
{{- end -}}
{{- range $place := $places -}}
{{- $metadata := $place.metadata | default dict -}}
{{- if $labels }}{{- $_ := set $metadata "labels" (merge (dict) ($metadata.labels | default dict) $labels) }}{{- end -}}
{{- if $annotations }}{{- $_ := set $metadata "annotations" (merge (dict) ($metadata.annotations | default dict) $annotations) }}{{- end -}}
{{- $_ := set $place "metadata" $metadata -}}
{{- end -}}
{{- toPrettyJson $object -}}
{{- else -}}
{{- $text -}}
{{- end -}}
{{- end -}}

{{/* Refuses keys by which objects are selected, or that add rights to other roles. */}}
{{- define "vnic.checkKeys" -}}
{{- $option := index . 0 -}}
{{- range $key, $_ := index . 1 -}}
{{- if regexMatch "^(([a-z0-9-]+[.])*pulumi-vnic[.]dev|pod-security[.]kubernetes[.]io|app[.]kubernetes[.]io|rbac[.]authorization[.]k8s[.]io)/" $key -}}
{{- fail (printf "%s: %q is a key that pulumi-vnic or Kubernetes acts on; choose another key" $option $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The tolerations of a workload, given its values and its default as JSON. */}}
{{- define "vnic.tolerations" -}}
{{- $values := index . 0 -}}
{{- if hasKey $values "tolerations" }}{{ toJson $values.tolerations }}{{ else }}{{ index . 1 }}{{ end -}}
{{- end -}}

{{/* Resources as the API server completes them: a limit without a request is also the request. */}}
{{- define "vnic.resources" -}}
{{- $requests := merge (dict) (.requests | default dict) (.limits | default dict) -}}
{{- range $name, $quantity := $requests }}{{ include "vnic.checkQuantity" (list $name $quantity) }}{{ end -}}
{{- range $name, $quantity := .limits }}{{ include "vnic.checkQuantity" (list $name $quantity) }}{{ end -}}
{{- $whole := dict -}}
{{- if $requests }}{{ $_ := set $whole "requests" $requests }}{{ end -}}
{{- if .limits }}{{ $_ := set $whole "limits" .limits }}{{ end -}}
{{- toJson $whole -}}
{{- end -}}

{{/* The API server rewrites other quantities, and the policy would then refuse the pods. */}}
{{- define "vnic.checkQuantity" -}}
{{- $quantity := index . 1 -}}
{{- $digits := regexFind "^([1-9][0-9]{0,14}|0)" $quantity -}}
{{- $unit := ternary 1024 1000 (hasSuffix "i" $quantity) -}}
{{- $isForm := regexMatch "^([1-9][0-9]{0,14}(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?|0)$" $quantity -}}
{{- if not (and $isForm (or (eq $quantity "0") (ne (mod (int64 $digits) $unit) 0))) -}}
{{- fail (printf "resources: %s: %q is not a quantity in its shortest form, such as 250m, 2, 512Mi or 1Gi" (index . 0) $quantity) -}}
{{- end -}}
{{- end -}}

{{/* How the reconciler's replicas are spread over zones or other topology domains. */}}
{{- define "vnic.topologySpread" -}}
[
{{- range .Values.reconciler.topologySpread -}}
{{- $selector := dict "matchLabels" (dict "app.kubernetes.io/name" "pulumi-vnic" "app.kubernetes.io/component" "reconciler") -}}
{{ dict "topologyKey" .topologyKey "maxSkew" (.maxSkew | default 1) "whenUnsatisfiable" (.whenUnsatisfiable | default "ScheduleAnyway") "labelSelector" $selector | toJson }},
{{- end -}}
]
{{- end -}}
