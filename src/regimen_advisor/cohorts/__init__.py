"""Judge tables of patients by the same rules: cohorts, mappings, concordance."""
