{{- define "quartermaster.labels" -}}
app.kubernetes.io/name: quartermaster
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: quartermaster
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* (list context component): what a component's pods are selected by. */ -}}
{{- define "quartermaster.selector" -}}
app.kubernetes.io/name: quartermaster
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "quartermaster.name" -}}
{{- if contains "quartermaster" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-quartermaster" .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- /* Cluster-wide objects carry the namespace as well, so that two releases do not meet. */ -}}
{{- define "quartermaster.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "quartermaster.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "quartermaster.image" -}}
image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "quartermaster.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "quartermaster.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "quartermaster.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* (list context key variable): an environment variable from the Secret. */ -}}
{{- define "quartermaster.secret" -}}
- name: QUARTERMASTER_{{ index . 2 }}
  valueFrom:
    secretKeyRef:
      name: {{ (index . 0).Values.secrets.name }}
      key: {{ index . 1 }}
{{- end }}

{{- define "quartermaster.environment" -}}
{{ include "quartermaster.secret" (list . "database-url" "DATABASE_URL") }}
{{ include "quartermaster.secret" (list . "redis-url" "REDIS_URL") }}
{{ include "quartermaster.secret" (list . "secret-key" "SECRET_KEY") }}
- name: QUARTERMASTER_PUBLIC_URL
  value: {{ required "publicUrl: the address that browsers use" .Values.publicUrl | quote }}
- name: QUARTERMASTER_CLUSTER_NAME
  value: {{ .Values.clusterName | quote }}
- name: QUARTERMASTER_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "quartermaster.migration" -}}
name: migrate
{{ include "quartermaster.image" . }}
args: [migrate]
env:
{{ include "quartermaster.environment" . | indent 2 }}
securityContext:
{{ include "quartermaster.containerSecurity" . | indent 2 }}
resources:
{{ toYaml .Values.migration.resources | indent 2 }}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "quartermaster.scratch" -}}
- name: data
  emptyDir: {}
- name: tmp
  emptyDir: {}
{{- end }}
