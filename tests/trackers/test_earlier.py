from selfinstruct.trackers.earlier import kept_id, remove_unsent


def test_a_run_keeps_its_id(tmp_path):
    first = kept_id(tmp_path)

    assert first == kept_id(tmp_path)
    assert first != kept_id(tmp_path / "another")
    assert first.isalnum()


def test_what_was_uploaded_stays_and_the_rest_goes(tmp_path):
    sent, unsent = tmp_path / "wandb/offline-run-1-a", tmp_path / "wandb/offline-run-2-a"
    for folder in (sent, unsent):
        folder.mkdir(parents=True)
        (folder / "run-a.wandb").touch()
    (sent / "run-a.wandb.synced").touch()

    remove_unsent(tmp_path)

    assert sent.exists()
    assert not unsent.exists()
