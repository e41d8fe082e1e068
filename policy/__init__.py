"""The agency's rules as plain data and pure functions."""
