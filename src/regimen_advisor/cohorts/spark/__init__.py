"""Judge cohorts on Spark."""
