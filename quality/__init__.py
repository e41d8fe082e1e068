"""How well the matching engine finds, measured beside simpler rules. See docs/quality.md."""
