"""OpenSearch's REST conventions: routing, parameters, bodies, rendering, errors."""
