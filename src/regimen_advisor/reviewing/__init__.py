"""Review rules: find faults without patients, and the exact difference of two rulebooks."""
