"""Ingest and search pipelines: their processors, and what OpenSearch says of a bad one."""
