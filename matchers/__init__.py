"""Matching: pure, no I/O, deterministic. `matchers.engine.match` is the way in."""
