"""The flow-framework plugin's API under /_plugins/_flow_framework/workflow (docs/reference/plugin.md)."""
