{{/* Volumes with model, encoder, knowledge base and datastore. */}}
{{- define "ralmspec.dataVolumes" -}}
{{- range $name := splitList "," (include "ralmspec.directories" .) }}
{{- $source := get $.Values.data $name }}
- name: {{ $name }}
  {{- if $source.claim.name }}
  persistentVolumeClaim:
    claimName: {{ $source.claim.name }}
    readOnly: true
  {{- else if $source.image.reference }}
  image:
    reference: {{ $source.image.reference }}
    pullPolicy: {{ $source.image.pullPolicy }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ $source.download.sizeLimit }}
  {{- end }}
{{- end }}
{{- if include "ralmspec.fetched" . }}
- name: scripts
  configMap:
    name: {{ include "ralmspec.fullname" . }}-scripts
{{- with .Values.data.downloads.netrcSecret }}
- name: netrc
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- else if and .Values.gpu.enabled .Values.gpu.probe }}
- name: scripts
  configMap:
    name: {{ include "ralmspec.fullname" . }}-scripts
{{- end }}
{{- end -}}

{{- define "ralmspec.dataMounts" -}}
{{- range $name := splitList "," (include "ralmspec.directories" .) }}
{{- $source := get $.Values.data $name }}
- name: {{ $name }}
  mountPath: /opt/ralmspec/data/{{ $name }}
  readOnly: true
  {{- if and $source.claim.name $source.claim.subPath }}
  subPath: {{ $source.claim.subPath }}
  {{- else if and $source.image.reference $source.image.subPath }}
  subPath: {{ $source.image.subPath }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Names of the directories that are downloaded, comma-separated; empty if none is. */}}
{{- define "ralmspec.fetched" -}}
{{- $names := list -}}
{{- range $name := splitList "," (include "ralmspec.directories" .) -}}
{{- if (get $.Values.data $name).download.files -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* What TaskManagers do before Flink starts: look for the GPU, fetch files. */}}
{{- define "ralmspec.initContainers" -}}
{{- if and .Values.gpu.enabled .Values.gpu.probe }}
- name: gpu-probe
  image: {{ include "ralmspec.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [sh, /opt/ralmspec/scripts/gpu-probe.sh]
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    limits:
      {{ .Values.gpu.resourceName }}: {{ .Values.gpu.count }}
  volumeMounts:
    - name: scripts
      mountPath: /opt/ralmspec/scripts
      readOnly: true
{{- end }}
{{- with include "ralmspec.fetched" . }}
{{- range $name := splitList "," . }}
- name: fetch-{{ $name }}
  image: {{ $.Values.data.downloads.image | default (include "ralmspec.image" $) }}
  imagePullPolicy: {{ $.Values.image.pullPolicy }}
  command: [sh, /opt/ralmspec/scripts/fetch.sh, /opt/ralmspec/data/{{ $name }}]
  # url, sha256, path and extract of each file
  args:
    {{- range (get $.Values.data $name).download.files }}
    - {{ .url | quote }}
    - {{ .sha256 | quote }}
    - {{ .path | quote }}
    - {{ default false .extract | toString | quote }}
    {{- end }}
  {{- with $.Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $.Values.data.downloads.netrcSecret }}
  env:
    - name: NETRC_FILE
      value: /opt/ralmspec/netrc/netrc
  {{- end }}
  volumeMounts:
    - name: scripts
      mountPath: /opt/ralmspec/scripts
      readOnly: true
    - name: {{ $name }}
      mountPath: /opt/ralmspec/data/{{ $name }}
    {{- if $.Values.data.downloads.netrcSecret }}
    - name: netrc
      mountPath: /opt/ralmspec/netrc
      readOnly: true
    {{- end }}
{{- end }}
{{- end }}
{{- end -}}
