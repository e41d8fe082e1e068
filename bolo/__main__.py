"""`python -m bolo` is `bolo`."""

from bolo.cli import app

app()
