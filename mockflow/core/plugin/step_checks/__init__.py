"""What each step of a workflow checks, as OpenSearch and ML Commons would check the request that the step sends."""
