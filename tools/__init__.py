"""Scripts that make files of this repository anew; each says how it is run."""
