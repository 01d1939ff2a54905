"""Loads scenarios from YAML text. Every problem has its file, line and column."""
