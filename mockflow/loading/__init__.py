"""From YAML text to scenarios of the core, every problem with its file, line and column."""
