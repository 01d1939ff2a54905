"""Mappings: field types, their parameters, the root of a mapping, and analysis."""
