{{/* What a schema can't say. All that is wrong is said at once. */}}
{{- define "ralmspec.validate" -}}
{{- $errors := list -}}
{{- if not .Values.kafka.bootstrapServers -}}
{{- $errors = append $errors "`kafka.bootstrapServers` must be set: host:port of the brokers, comma-separated" -}}
{{- end -}}
{{- range $value := list "checkpointsDirectory" "savepointsDirectory" -}}
{{- if not (get $.Values.state $value) -}}
{{- $errors = append $errors (printf "`state.%s` must be set: a directory that all pods reach, such as s3://bucket/ralmspec" $value) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.highAvailability.enabled (not .Values.highAvailability.directory) -}}
{{- $errors = append $errors "`highAvailability.directory` must be set where `highAvailability.enabled`: a directory that all pods reach" -}}
{{- end -}}
{{- if and (gt (int .Values.jobManager.replicas) 1) (not .Values.highAvailability.enabled) -}}
{{- $errors = append $errors (printf "`jobManager.replicas` must be 1 without `highAvailability.enabled` (got %d)" (int .Values.jobManager.replicas)) -}}
{{- end -}}
{{- range $directory := list .Values.state.checkpointsDirectory .Values.state.savepointsDirectory .Values.highAvailability.directory -}}
{{- if and (hasPrefix "file:///ralmspec-state" $directory) (not $.Values.state.existingClaim) -}}
{{- $errors = append $errors (printf "`state.existingClaim` must be set for %s" $directory) -}}
{{- end -}}
{{- end -}}
{{- range $name := splitList "," (include "ralmspec.directories" .) -}}
{{- $source := get $.Values.data $name -}}
{{- $given := list -}}
{{- if $source.claim.name -}}{{- $given = append $given "claim.name" -}}{{- end -}}
{{- if $source.image.reference -}}{{- $given = append $given "image.reference" -}}{{- end -}}
{{- if $source.download.files -}}{{- $given = append $given "download.files" -}}{{- end -}}
{{- if ne (len $given) 1 -}}
{{- $errors = append $errors (printf "`data.%s` must have exactly one of claim.name, image.reference and download.files (got %s)" $name (join ", " $given | default "none")) -}}
{{- end -}}
{{- end -}}
{{- $security := .Values.kafka.security -}}
{{- if hasPrefix "SASL" $security.protocol -}}
{{- if not $security.sasl.existingSecret -}}
{{- $errors = append $errors (printf "`kafka.security.sasl.existingSecret` must be set with %s: the Secret with the password" $security.protocol) -}}
{{- end -}}
{{- if not $security.sasl.username -}}
{{- $errors = append $errors (printf "`kafka.security.sasl.username` must be set with %s" $security.protocol) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .Values.kafka.properties -}}
{{- $text := include "ralmspec.text" $value -}}
{{- $named := regexMatch "(?i)password|passphrase|secret|credential|user\\.info|keystore\\.key|private\\.key|api\\.key" $name -}}
{{- $held := regexMatch "(?i)(password|secret)\\s*=" $text -}}
{{- if and (or $named $held) (not (contains "${" $text)) -}}
{{- $errors = append $errors (printf "`kafka.properties` must not hold secrets, as they go into a ConfigMap: let `%s` name one with ${file:PATH} or ${env:NAME}" $name) -}}
{{- end -}}
{{- end -}}
{{- $set := dict
      "ralmspec.kafka.bootstrap-servers" "kafka.bootstrapServers"
      "ralmspec.kafka.group-id" "kafka.groupId"
      "ralmspec.kafka.delivery" "kafka.delivery"
      "ralmspec.kafka.transactional-id-prefix" "kafka.transactionalIdPrefix"
      "ralmspec.kafka.check-topics" "kafka.checkTopics"
      "ralmspec.kafka.topic.requests" "topics.requests.name"
      "ralmspec.kafka.topic.answers" "topics.answers.name"
      "ralmspec.kafka.topic.deltas" "topics.deltas.name"
      "ralmspec.kafka.topic.dead-letters" "topics.deadLetters.name"
      "ralmspec.model.directory" "data.model"
      "ralmspec.model.device" "gpu.device"
      "ralmspec.encoder.directory" "data.encoder"
      "ralmspec.knowledge.directory" "data.knowledge"
      "ralmspec.datastore.directory" "data.datastore" -}}
{{- range $name, $_ := .Values.options -}}
{{- if hasPrefix "ralmspec.kafka.properties." $name -}}
{{- $errors = append $errors (printf "`options` must not hold `%s`; set it in `kafka.properties`" $name) -}}
{{- else if hasKey $set $name -}}
{{- $errors = append $errors (printf "`options` must not hold `%s`; set `%s`" $name (get $set $name)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.flinkConfiguration -}}
{{- if hasPrefix "ralmspec." $name -}}
{{- $errors = append $errors (printf "`flinkConfiguration` must not hold `%s`; set it in `options`" $name) -}}
{{- else if has $name (list "kubernetes.namespace" "kubernetes.cluster-id" "high-availability.cluster-id") -}}
{{- $errors = append $errors (printf "`flinkConfiguration` must not hold `%s`: the operator sets it" $name) -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range $role, $topic := include "ralmspec.topics" . | fromYaml -}}
{{- if has $topic.name $names -}}
{{- $errors = append $errors (printf "`topics` must have different names (got %s twice)" $topic.name) -}}
{{- end -}}
{{- $names = append $names $topic.name -}}
{{- end -}}
{{- if and .Values.topics.strimzi.enabled (not .Values.topics.strimzi.cluster) -}}
{{- $errors = append $errors "`topics.strimzi.cluster` must be set where `topics.strimzi.enabled`: the name of the Kafka resource" -}}
{{- end -}}
{{- if $errors -}}
{{- fail (printf "\n\nThe values have %d errors:\n  - %s\n" (len $errors) (join "\n  - " $errors)) -}}
{{- end -}}
{{- end -}}
