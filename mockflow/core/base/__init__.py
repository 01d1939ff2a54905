"""Shared by the whole core: findings, suggestions, durations, wildcards, path patterns, secrets."""
