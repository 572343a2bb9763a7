{{/* Name of the FlinkDeployment, and the beginning of all others. Flink allows 45 characters. */}}
{{- define "ralmspec.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ralmspec.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ralmspec.labels" -}}
{{ include "ralmspec.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: ralmspec
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "ralmspec.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ralmspec.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "ralmspec.image" -}}
{{- $tag := .Values.image.tag | default (printf "%s%s" .Chart.AppVersion (ternary "-gpu" "" .Values.gpu.enabled)) -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}

{{/* A number read from a values file is a float to Helm, which would print 1e+06. */}}
{{- define "ralmspec.text" -}}
{{- if kindIs "string" . -}}{{ . }}{{- else -}}{{ toJson . }}{{- end -}}
{{- end -}}

{{/* How many TaskManagers run. */}}
{{- define "ralmspec.taskManagers" -}}
{{- div (add (int .Values.job.parallelism) (sub (int .Values.taskManager.slots) 1)) (int .Values.taskManager.slots) -}}
{{- end -}}

{{/* The directories with data that this release uses, comma-separated. */}}
{{- define "ralmspec.directories" -}}
model,encoder,knowledge{{ if .Values.data.datastore.enabled }},datastore{{ end }}
{{- end -}}

{{/* The topic plan with the values' changes: {requests: {name, partitions, config}, ...}, as YAML. */}}
{{- define "ralmspec.topics" -}}
{{- $plan := .Files.Get "files/topics.yaml" | fromYaml -}}
{{- $topics := dict -}}
{{- range $role := list "requests" "answers" "deltas" "deadLetters" -}}
{{- $planned := get $plan $role -}}
{{- $own := get $.Values.topics $role -}}
{{- $_ := set $topics $role (dict
      "name" (default $planned.name $own.name)
      "partitions" (default $planned.partitions $own.partitions)
      "config" (mergeOverwrite (deepCopy $planned.config) $own.config)) -}}
{{- end -}}
{{- toYaml $topics -}}
{{- end -}}

{{/* Whether `helm test` can ask: the command line in the image knows the plan's topic names alone. */}}
{{- define "ralmspec.testable" -}}
{{- $plan := .Files.Get "files/topics.yaml" | fromYaml -}}
{{- $topics := include "ralmspec.topics" . | fromYaml -}}
{{- $same := .Values.test.enabled -}}
{{- range $role := list "requests" "answers" "deltas" -}}
{{- if ne (get $topics $role).name (get $plan $role).name -}}{{- $same = false -}}{{- end -}}
{{- end -}}
{{- if $same -}}true{{- end -}}
{{- end -}}

{{/* What every Kafka client of this release is told beside the brokers, as YAML. Secrets are named, not held. */}}
{{- define "ralmspec.kafkaProperties" -}}
{{- $security := .Values.kafka.security -}}
{{- $properties := dict -}}
{{- if ne $security.protocol "PLAINTEXT" -}}
{{- $_ := set $properties "security.protocol" $security.protocol -}}
{{- end -}}
{{- if hasSuffix "SSL" $security.protocol -}}
{{- if $security.ca.existingSecret -}}
{{- $_ := set $properties "ssl.truststore.type" "PEM" -}}
{{- $_ := set $properties "ssl.truststore.location" (printf "/opt/ralmspec/kafka/ca/%s" $security.ca.key) -}}
{{- end -}}
{{- if $security.tls.existingSecret -}}
{{- $_ := set $properties "ssl.keystore.type" "PEM" -}}
{{- $_ := set $properties "ssl.keystore.certificate.chain" (printf "${file:/opt/ralmspec/kafka/tls/%s}" $security.tls.certificateKey) -}}
{{- $_ := set $properties "ssl.keystore.key" (printf "${file:/opt/ralmspec/kafka/tls/%s}" $security.tls.keyKey) -}}
{{- end -}}
{{- end -}}
{{- if hasPrefix "SASL" $security.protocol -}}
{{- $login := ternary "plain.PlainLoginModule" "scram.ScramLoginModule" (eq $security.sasl.mechanism "PLAIN") -}}
{{- $_ := set $properties "sasl.mechanism" $security.sasl.mechanism -}}
{{- $_ := set $properties "sasl.jaas.config" (printf "org.apache.kafka.common.security.%s required username=\"%s\" password=\"${file:/opt/ralmspec/kafka/sasl/%s}\";" $login $security.sasl.username $security.sasl.passwordKey) -}}
{{- end -}}
{{- range $name, $value := .Values.kafka.properties -}}
{{- $_ := set $properties $name (include "ralmspec.text" $value) -}}
{{- end -}}
{{- toYaml $properties -}}
{{- end -}}

{{/* The Secrets that Kafka's clients read, as volumes. */}}
{{- define "ralmspec.kafkaVolumes" -}}
{{- $security := .Values.kafka.security -}}
{{- range $name := list "ca" "sasl" "tls" }}
{{- with (get $security $name).existingSecret }}
- name: kafka-{{ $name }}
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- end -}}

{{- define "ralmspec.kafkaMounts" -}}
{{- $security := .Values.kafka.security -}}
{{- range $name := list "ca" "sasl" "tls" }}
{{- if (get $security $name).existingSecret }}
- name: kafka-{{ $name }}
  mountPath: /opt/ralmspec/kafka/{{ $name }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{/* The job's options, as the file that it reads. */}}
{{- define "ralmspec.options" -}}
{{- $topics := include "ralmspec.topics" . | fromYaml -}}
{{- $options := dict
      "ralmspec.kafka.bootstrap-servers" .Values.kafka.bootstrapServers
      "ralmspec.kafka.group-id" (default (include "ralmspec.fullname" .) .Values.kafka.groupId)
      "ralmspec.kafka.topic.requests" $topics.requests.name
      "ralmspec.kafka.topic.answers" $topics.answers.name
      "ralmspec.kafka.topic.deltas" $topics.deltas.name
      "ralmspec.kafka.topic.dead-letters" $topics.deadLetters.name
      "ralmspec.kafka.delivery" .Values.kafka.delivery
      "ralmspec.kafka.check-topics" .Values.kafka.checkTopics
      "ralmspec.model.device" (ternary .Values.gpu.device "cpu" .Values.gpu.enabled) -}}
{{- if eq .Values.kafka.delivery "exactly-once" -}}
{{- $_ := set $options "ralmspec.kafka.transactional-id-prefix" (default (printf "%s-%s" .Release.Namespace (include "ralmspec.fullname" .)) .Values.kafka.transactionalIdPrefix) -}}
{{- end -}}
{{- range $name := splitList "," (include "ralmspec.directories" .) -}}
{{- $_ := set $options (printf "ralmspec.%s.directory" $name) (printf "/opt/ralmspec/data/%s" $name) -}}
{{- end -}}
{{- range $name, $value := include "ralmspec.kafkaProperties" . | fromYaml -}}
{{- $_ := set $options (printf "ralmspec.kafka.properties.%s" $name) $value -}}
{{- end -}}
{{- toYaml (merge $options .Values.options) -}}
{{- end -}}

{{/* Flink's settings, all of them strings. */}}
{{- define "ralmspec.flinkConfiguration" -}}
{{- $settings := dict
      "taskmanager.numberOfTaskSlots" .Values.taskManager.slots
      "taskmanager.memory.task.off-heap.size" .Values.taskManager.nativeMemory
      "taskmanager.memory.managed.fraction" .Values.taskManager.managedMemoryFraction
      "kubernetes.taskmanager.memory.limit-factor" .Values.taskManager.memoryLimitFactor
      "io.tmp.dirs" "/ralmspec-local"
      "state.backend.type" "rocksdb"
      "execution.checkpointing.incremental" true
      "execution.checkpointing.interval" .Values.state.checkpointInterval
      "execution.checkpointing.timeout" .Values.state.checkpointTimeout
      "execution.checkpointing.num-retained" .Values.state.retained
      "execution.checkpointing.externalized-checkpoint-retention" "RETAIN_ON_CANCELLATION"
      "execution.checkpointing.dir" .Values.state.checkpointsDirectory
      "execution.checkpointing.savepoint-dir" .Values.state.savepointsDirectory
      "metrics.reporters" "prom"
      "metrics.reporter.prom.factory.class" "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
      "metrics.reporter.prom.port" .Values.metrics.port
      "classloader.parent-first-patterns.additional" "ai.onnxruntime;ai.djl" -}}
{{- $_ := set $settings "env.java.opts.taskmanager" (trim (printf "--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Djava.io.tmpdir=/ralmspec-local %s" .Values.taskManager.javaOptions)) -}}
{{- with .Values.jobManager.javaOptions -}}
{{- $_ := set $settings "env.java.opts.jobmanager" . -}}
{{- end -}}
{{- if .Values.highAvailability.enabled -}}
{{- $_ := set $settings "high-availability.type" "kubernetes" -}}
{{- $_ := set $settings "high-availability.storageDir" .Values.highAvailability.directory -}}
{{- end -}}
{{- if .Values.gpu.enabled -}}
{{- $_ := set $settings "external-resources" "gpu" -}}
{{- $_ := set $settings "external-resource.gpu.amount" .Values.gpu.count -}}
{{- $_ := set $settings "external-resource.gpu.kubernetes.config-key" .Values.gpu.resourceName -}}
{{- end -}}
{{- range $name, $value := mergeOverwrite $settings .Values.flinkConfiguration }}
{{ $name }}: {{ include "ralmspec.text" $value | quote }}
{{- end }}
{{- end -}}

{{/* Pod template of one component; takes a dict of root and component (jobManager or taskManager). */}}
{{- define "ralmspec.podTemplate" -}}
{{- $root := .root -}}
{{- $worker := eq .component "taskManager" -}}
{{- $own := get $root.Values .component -}}
apiVersion: v1
kind: Pod
metadata:
  labels:
    {{- include "ralmspec.selectorLabels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ lower .component }}
    {{- with $root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Other options are another job: the operator then upgrades it.
    ralmspec.io/options: {{ include "ralmspec.options" $root | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $root.Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if and $worker $root.Values.gpu.enabled $root.Values.gpu.runtimeClassName }}
  runtimeClassName: {{ $root.Values.gpu.runtimeClassName }}
  {{- end }}
  {{- with $own.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $worker }}
  {{- with include "ralmspec.initContainers" $root }}
  initContainers:
    {{- . | nindent 4 }}
  {{- end }}
  {{- end }}
  containers:
    - name: flink-main-container
      {{- with $root.Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: metrics
          containerPort: {{ $root.Values.metrics.port }}
      env:
        # The tokenizer unpacks its native library there.
        - name: DJL_CACHE_DIR
          value: /ralmspec-local/djl
        {{- with $root.Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      volumeMounts:
        - name: options
          mountPath: /opt/ralmspec/options
          readOnly: true
        - name: local
          mountPath: /ralmspec-local
        {{- if $root.Values.state.existingClaim }}
        - name: state
          mountPath: /ralmspec-state
        {{- end }}
        {{- with include "ralmspec.kafkaMounts" $root | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- if $worker }}
        {{- include "ralmspec.dataMounts" $root | trim | nindent 8 }}
        {{- end }}
        {{- with $root.Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: options
      configMap:
        name: {{ include "ralmspec.fullname" $root }}-options
    - name: local
      emptyDir:
        sizeLimit: {{ $root.Values.state.localSize }}
    {{- with $root.Values.state.existingClaim }}
    - name: state
      persistentVolumeClaim:
        claimName: {{ . }}
    {{- end }}
    {{- with include "ralmspec.kafkaVolumes" $root | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- if $worker }}
    {{- include "ralmspec.dataVolumes" $root | trim | nindent 4 }}
    {{- end }}
    {{- with $root.Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
