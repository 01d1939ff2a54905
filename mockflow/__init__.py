"""A fake OpenSearch for programs that use the flow-framework API."""

__version__ = "0.1.0"
