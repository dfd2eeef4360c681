"""Run the command line: one module a topic, one function a verb."""
