from localcloud.localstack.news import News

ARN = "arn:aws:sagemaker:us-west-2:000000000000:training-job/job"


def test_who_watches_a_resource_hears_of_its_end() -> None:
    news = News()
    heard: list[str] = []
    with news.watched(ARN, lambda: heard.append("first")), news.watched(ARN, lambda: heard.append("second")):
        news.tell(ARN)
    assert heard == ["first", "second"]


def test_nobody_hears_of_another_resource_or_after_the_watch() -> None:
    news = News()
    heard: list[str] = []
    with news.watched(ARN, lambda: heard.append("told")):
        news.tell(f"{ARN}-2")
    news.tell(ARN)
    assert heard == []
