"""Encode patients and rules for SAT, and answer from it: exact standings, questions, differences, witnesses."""
