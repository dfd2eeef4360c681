"""Rules under review: faults found without patients, and the exact difference of two rulebooks."""
