"""Describe what can be known of a patient: the facts, the axioms between them, and reading a profile."""
