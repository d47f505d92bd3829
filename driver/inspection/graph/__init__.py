"""Pictures: state machines, pipelines and what became of them, drawn as SVG, as PNG and in the terminal."""
