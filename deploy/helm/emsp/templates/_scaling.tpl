{{/* Grows by CPU: dict "root" $ "name" n "component" c "scale" autoscaling. */}}
{{- define "emsp.cpuScaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels: {{- include "emsp.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .name }}}
  minReplicas: {{ .scale.min }}
  maxReplicas: {{ .scale.max }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .scale.cpuPercent }}}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end }}

{{/* Grows by the age of a queue, through KEDA; the same arguments. Without figures from Prometheus it stays at its minimum. */}}
{{- define "emsp.ageScaler" -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .name }}
  labels: {{- include "emsp.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  scaleTargetRef: {name: {{ .name }}}
  minReplicaCount: {{ .scale.min }}
  maxReplicaCount: {{ .scale.max }}
  pollingInterval: {{ .root.Values.keda.pollingSeconds }}
  cooldownPeriod: {{ .root.Values.keda.cooldownSeconds }}
  fallback: {failureThreshold: 6, replicas: {{ .scale.min }}}
  triggers:
    - type: prometheus
      # The whole age against the limit, not shared out among the pods: each look adds pods while work waits too long.
      metricType: Value
      metadata:
        serverAddress: {{ .root.Values.keda.prometheusAddress }}
        query: {{ printf "max(emsp_queue_oldest_seconds{queue=%q})" .scale.queueAge | quote }}
        threshold: {{ .scale.maxQueueAgeSeconds | toString | quote }}
{{- end }}
