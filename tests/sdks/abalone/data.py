"""Made-up shells, in the columns of the abalone data set: no header, the rings (the age) last."""

import math
import random


def shells(count: int, seed: int = 1) -> str:
    """Give so many rows; how many rings a shell has follows from its size, but for a spread of about 2."""
    source = random.Random(seed)  # noqa: S311 - no secret
    rows = []
    for _ in range(count):
        sex, size = source.choice("MFI"), source.uniform(0.2, 0.8)
        measures = [size, size * 0.8, size * 0.27]  # length, diameter, height
        whole = 5 * size**3
        measures += [whole, whole * 0.43, whole * 0.22, whole * 0.29]  # the weights, the shell's last
        measures = [value * source.uniform(0.95, 1.05) for value in measures]
        rings = max(1, round(2 + 12 * math.sqrt(size) - 2 * (sex == "I") + source.gauss(0, 1.9)))
        rows.append(f"{sex},{','.join(f'{value:.4f}' for value in measures)},{rings}")
    return "\n".join(rows) + "\n"


def prepared(count: int) -> str:
    """Give so many rows as a model takes them: seven scaled numbers, and one of three columns for the sex."""
    source = random.Random(2)  # noqa: S311
    rows = []
    for number in range(count):
        values = [f"{source.gauss(0, 1):.4f}" for _ in range(7)]
        rows.append(",".join([*values, *("1.0" if number % 3 == place else "0.0" for place in range(3))]))
    return "\n".join(rows) + "\n"
