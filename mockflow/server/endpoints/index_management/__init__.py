"""What changes indices: create, mappings, settings, aliases, maintenance. Imported on first use."""
