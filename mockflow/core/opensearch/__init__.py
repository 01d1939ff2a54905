"""The rules of OpenSearch itself: values, ids, settings, indices, search, security."""
