"""Documents of an index: how a mapping reads them, how they are stored and updated. Pure; imported on first use."""
