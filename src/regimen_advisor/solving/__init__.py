"""The SAT encoding of patients and rules, and what it answers: exact standings, questions, differences, witnesses."""
