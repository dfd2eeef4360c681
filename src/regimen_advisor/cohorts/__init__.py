"""The same rules over a table of patients."""
