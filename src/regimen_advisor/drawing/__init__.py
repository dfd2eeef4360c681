"""Draw what the rules say, as SVG and as text for other programs. Nothing here decides anything."""
