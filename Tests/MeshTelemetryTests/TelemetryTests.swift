import MeshTelemetry
import Testing

@Suite("Telemetry") struct TelemetryTests {}
