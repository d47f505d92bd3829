from pathlib import Path

from driver.deployments.saved_state import SavedState, why_not_saved, why_refused


def test_a_state_is_there_once_its_manifest_is(tmp_path: Path) -> None:
    state = SavedState(tmp_path / "saved")
    assert (state.exists(), state.size()) == (False, 0)
    (tmp_path / "saved/parts").mkdir(parents=True)
    (tmp_path / "saved/parts/one").write_bytes(b"12345")
    assert (state.exists(), state.size()) == (False, 5)
    (tmp_path / "saved/manifest.json").write_bytes(b"{}")
    assert state.exists()
    state.remove()
    state.remove()
    assert not (tmp_path / "saved").exists()


def test_the_log_tells_why_a_state_was_refused() -> None:
    line = "the saved state in /a b/saved cannot be loaded: its file x was cut or changed"
    assert why_refused(["before", f"sagestep local cloud: {line}"]) == (
        "Its state in /a b/saved cannot be loaded: its file x was cut or changed."
    )
    assert why_refused(["the saved state is fine", "Ready."]) is None


def test_a_cloud_tells_why_it_does_not_save_what_it_holds() -> None:
    assert why_not_saved({"saved": {"problem": "the service kms: no pickle"}}) == (
        "The local cloud cannot save all that it holds: the service kms: no pickle."
    )
    for info in (None, {}, {"saved": {"problem": ""}}, {"saved": "?"}):
        assert why_not_saved(info) == ""
