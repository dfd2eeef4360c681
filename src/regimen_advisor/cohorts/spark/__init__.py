"""Cohorts on Spark."""
