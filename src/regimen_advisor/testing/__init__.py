"""Test rules: cases, how much of the rules they cover, and which mutants they notice."""
