"""The scenario document: its models, and the rules that span several keys."""
