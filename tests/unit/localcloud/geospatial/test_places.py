import csv
import io

import pytest

from localcloud.geospatial.countries import ALPHA_3
from localcloud.geospatial.places import COLUMNS, answer, refusal, source


def values(appended: bytes) -> dict[str, str]:
    first, *rest = next(csv.reader(io.StringIO(appended.decode(), newline="")))
    assert not first, "the comma that joins it to the row"
    return dict(zip(COLUMNS, rest, strict=True))


def test_a_place_gives_municipality_region_and_country_and_invents_nothing() -> None:
    assert values(answer("Anchorage", "Alaska", "USA")) == {
        "reverse_geo.address_number": "",
        "reverse_geo.country": "USA",
        "reverse_geo.label": "Anchorage, Alaska, USA",
        "reverse_geo.municipality": "Anchorage",
        "reverse_geo.neighborhood": "",
        "reverse_geo.postal_code": "",
        "reverse_geo.region": "Alaska",
        "reverse_geo.status": "Valid Data",
    }


def test_a_place_without_a_region_has_none_in_its_label() -> None:
    assert values(answer("Singapore", "", "SGP"))["reverse_geo.label"] == "Singapore, SGP"


def test_names_with_commas_and_quotes_stay_one_field() -> None:
    name = 'San "Pancho", Nayarit'
    assert values(answer(name, "", "MEX"))["reverse_geo.municipality"] == name


def test_a_refusal_says_why_and_nothing_else() -> None:
    given = values(refusal("Invalid Data: no, really"))
    assert given.pop("reverse_geo.status") == "Invalid Data: no, really"
    assert set(given.values()) == {""}


def test_every_country_of_the_gazetteer_has_its_code() -> None:
    with source().open(encoding="utf-8", newline="") as stream:
        used = {row["cc"] for row in csv.DictReader(stream)}
    assert used <= ALPHA_3.keys()


def test_country_codes_are_pairs_of_two_and_three_letters_each_used_once() -> None:
    assert {(len(two), len(three)) for two, three in ALPHA_3.items()} == {(2, 3)}
    assert len(set(ALPHA_3.values())) == len(ALPHA_3) == 250  # ISO 3166-1's 249 and Kosovo.


@pytest.mark.parametrize(
    ("two", "three"),
    [("AT", "AUT"), ("AU", "AUS"), ("CH", "CHE"), ("CN", "CHN"), ("ES", "ESP"), ("KM", "COM"), ("XK", "XKX")],
)
def test_some_codes_that_are_easily_mixed_up(two: str, three: str) -> None:
    assert ALPHA_3[two] == three
