"""Programs for those who work on mockflow; nothing of them is installed."""
