"""Measurements of grading: stock nbgrader beside ours, on the same submissions and the same cases."""
