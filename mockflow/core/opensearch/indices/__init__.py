"""Indices: their names, what makes and changes them, and how they are listed."""
