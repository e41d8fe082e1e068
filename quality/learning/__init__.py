"""Learns what cameras mix up: see docs/decisions/0012-learned-confusion.md and quality/data."""
