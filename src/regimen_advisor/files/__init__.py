"""Read and write files: YAML with positions, messages for people, whole-or-nothing output."""
