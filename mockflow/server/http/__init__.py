"""HTTP messages, their bounds, and how they are sent."""
