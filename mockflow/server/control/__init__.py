"""The control API under /_mockflow, and the page."""
