"""HTTP: messages, limits, and the sending of responses."""
