"""Apache Kafka for tests and benchmarks, without a container engine."""
