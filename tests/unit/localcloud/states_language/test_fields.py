from localcloud.states_language.fields import field_of, states

DEFINITION = {
    "States": {
        "first": {"Output": {"a": ["{% $x %}", {"b": "{% $y %}"}], "c": "$y"}},
        "map": {
            "Items": "{% $y %}",
            "ItemProcessor": {"States": {"inner": {"Assign": {"v": "{% $z %}"}}}},
        },
        "both": {"Branches": [{"States": {}}, {"States": {"other": {"Choices": [{"Condition": "{%$z%}"}]}}}]},
    }
}


def test_the_field_of_an_expression_is_named_as_aws_names_it() -> None:
    assert field_of(DEFINITION, "first", "$y") == "Output/a[1]/b"
    assert field_of(DEFINITION, "map", "$y") == "Items"
    assert field_of(DEFINITION, "inner", "$z") == "Assign/v"
    assert field_of(DEFINITION, "other", "$z") == "Choices[0]/Condition"
    assert field_of(DEFINITION, "first", "$z") == ""


def test_all_states_are_found_with_their_paths() -> None:
    assert [path for path, *_ in states(DEFINITION)] == [
        "/States/first",
        "/States/map",
        "/States/map/ItemProcessor/States/inner",
        "/States/both",
        "/States/both/Branches[1]/States/other",
    ]
