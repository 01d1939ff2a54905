"""ML Commons: the rules of its requests, and what models answer."""
