"""The HTTP server of a cluster: OpenSearch's API under /, and the control API under /_mockflow."""
