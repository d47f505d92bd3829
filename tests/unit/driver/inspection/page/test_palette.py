import pytest

from driver.inspection.page.palette import dark, light

TEXT_ON = [
    *((text, ground) for text in ("ink", "soft", "accent") for ground in ("page", "card", "code")),
    *((text, "land") for text in ("ink",)),
    *((text, "sea") for text in ("ink", "soft")),
    *(
        pair
        for outcome in ("succeeded", "failed", "caught", "stopped", "running", "cached")
        for pair in ((outcome, "card"), (outcome, f"{outcome}-soft"), ("ink", f"{outcome}-soft"))
    ),
    *(("soft", f"{outcome}-soft") for outcome in ("failed", "caught")),
]
SEEN_ON = [("dot", "land"), ("dot", "sea"), ("bad", "land"), ("bad", "sea")]


def contrast(one: str, other: str) -> float:
    """Measure the contrast of two colours as WCAG 2.2 defines it."""
    lower, higher = sorted(map(_luminance, (one, other)))
    return (higher + 0.05) / (lower + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [light, dark])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_can_be_read(scheme: object, text: str, ground: str) -> None:
    colours = light() if scheme is light else dark()
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [light, dark])
@pytest.mark.parametrize(("shape", "ground"), SEEN_ON)
def test_points_can_be_seen(scheme: object, shape: str, ground: str) -> None:
    colours = light() if scheme is light else dark()
    assert contrast(colours[shape], colours[ground]) >= 3


def test_both_schemes_have_the_same_variables_the_graph_s_among_them() -> None:
    assert light().keys() == dark().keys()
    assert light()["graph-surface-fill"] == light()["card"]
