"""Why, why not, what would change it, what to ask next: readings of the same rules."""
