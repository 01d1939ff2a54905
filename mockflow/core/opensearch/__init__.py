"""OpenSearch's own rules: values, ids, settings, indices, search, security."""
