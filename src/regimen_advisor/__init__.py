"""Rule-based treatment options for advanced lung cancer, for teaching and for testing guideline logic."""
