"""Explain why, why not, what would change it, and what to ask next, from the same rules."""
