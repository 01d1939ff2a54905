"""Documents: writes, bulk, reads, searches, scrolls. Imported on first use."""
