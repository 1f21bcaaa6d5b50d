{{- define "emsp.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "emsp.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "emsp.labels" -}}
{{ include "emsp.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "emsp.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What every pod has: dict "root" $ "grace" seconds; "account" where it is not the release's. */}}
{{- define "emsp.pod" -}}
serviceAccountName: {{ .account | default (include "emsp.fullname" .root) }}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ .grace }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 256Mi}
{{- end }}

{{/* What every container has: dict "root" $ "resources" r. */}}
{{- define "emsp.container" -}}
image: {{ include "emsp.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
resources: {{- toYaml .resources | nindent 2 }}
{{- end }}

{{/* Environment: dict "root" $ "inline" true writes the settings into the pod instead of the ConfigMap. */}}
{{- define "emsp.environment" -}}
envFrom:
  {{- if not .inline }}
  - configMapRef: {name: {{ include "emsp.fullname" .root }}}
  {{- end }}
  - secretRef: {name: {{ required "existingSecret names the Secret with DATABASE_URL and the keys" .root.Values.existingSecret }}}
{{- if .inline }}
env:
  {{- range $name, $value := .root.Values.settings }}
  - {name: {{ $name }}, value: {{ $value | toString | quote }}}
  {{- end }}
  - name: DATABASE_URL
    valueFrom: {secretKeyRef: {name: {{ .root.Values.existingSecret }}, key: {{ .root.Values.migrate.databaseUrlKey }}}}
{{- end }}
{{- end }}
