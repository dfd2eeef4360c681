"""Load the rules folder as data: drugs, regimens, studies, findings, rules and their places in the sources."""
