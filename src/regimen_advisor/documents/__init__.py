"""Describe documents as blocks, and write them; no writer knows medicine."""
