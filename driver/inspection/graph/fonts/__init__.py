"""The font of PNG pictures: data, no code."""
