"""The Faust workers: thin agents that decode, call, send. Only this package imports faust."""
