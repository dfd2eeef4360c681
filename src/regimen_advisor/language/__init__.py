"""The language: what a value can still be, conditions over facts, and how they are judged. Start with README.md."""
