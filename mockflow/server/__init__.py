"""HTTP over one cluster: what OpenSearch would say under /, and the owner's door under /_mockflow."""
