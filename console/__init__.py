"""The web: API, pages, live events. The only package that imports FastAPI."""
