"""Define the language: what a value can still be, conditions over facts, and their judgement. Start with README.md."""
