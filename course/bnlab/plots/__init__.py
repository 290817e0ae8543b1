"""Figures of the course. ``style`` holds what they share; each other module serves one subject."""
