"""A made-up class, for trying out the course and for tests."""
