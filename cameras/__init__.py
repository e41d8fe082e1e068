"""Cameras: vendor formats, the registry of cameras and tokens, and the intake of their reads."""
