"""Numbers for other tools: /metrics, the Grafana page made of the same list, OpenTelemetry."""
