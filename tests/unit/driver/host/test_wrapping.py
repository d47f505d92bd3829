from driver.host.wording import wrapped


def test_a_text_is_broken_between_words() -> None:
    assert wrapped("one  two\n three", 8, first="- ", rest="  ") == "- one\n  two\n  three"


def test_a_word_that_does_not_fit_stays_whole() -> None:
    address = "https://docs.aws.amazon.com/sagemaker"
    assert address in wrapped(f"see {address}", 10).splitlines()
